//! `teal sql`: one read-only query, for places without `psql`.
#![allow(clippy::disallowed_types, reason = "the statement is what the person types")]

use futures::TryStreamExt;
use serde_json::{Map, Value, json};
use sqlx::{
    AssertSqlSafe, Column, Executor, PgConnection, Row, SqlSafeStr, TypeInfo, ValueRef,
    postgres::PgRow,
};
use teal_activities::pg::{self, Ident, PgResultExt, sql};
use teal_model::{Error, Result};

use crate::{
    args::Output,
    code,
    exit::Exit,
    session,
    ui::{
        Format, Printer,
        table::{self, Side, cell},
        units::counted,
    },
};

/// Rows that are shown when nothing else is said.
const DEFAULT_LIMIT: usize = 1_000;

/// Query the database of the catalog, read-only.
///
/// The query runs as the user of TEAL_CATALOG in a read-only transaction. For large results use
/// psql.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal sql 'select * from reporting._status'
  teal sql --workspace reporting 'select count(*) from core__shop__orders'
  teal sql -o json 'select name, config_hash from teal.stream'")]
pub struct Args {
    /// One statement
    query: String,
    /// Workspace whose views need no schema in front
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Rows to show at most; 0: all
    #[arg(long, value_name = "ROWS", default_value_t = DEFAULT_LIMIT)]
    limit: usize,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let mut connection = session::connect("teal/sql").await?;
    if let Some(workspace) = &args.workspace {
        enter(&mut connection, workspace).await?;
    }
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let (columns, rows, more) = query(&mut connection, &args.query, limit).await?;
    match args.output.format {
        Format::Json => {
            let objects: Vec<Value> = rows.iter().map(|row| as_object(&columns, row)).collect();
            printer.json(&objects)?;
        }
        Format::Text => printer.data(&as_table(&columns, &rows))?,
    }
    if more {
        printer.warn(&format!("only the first {limit} rows are shown; `--limit 0` shows all"));
    } else {
        printer.say(&counted(rows.len() as u64, "row"));
    }
    Ok(Exit::Done)
}

/// Name and type of a column.
type Header = (String, String);
/// Text of each value; `None`: NULL.
type Texts = Vec<Option<String>>;

/// Makes the workspace's views visible without their schema.
async fn enter(connection: &mut PgConnection, workspace: &str) -> Result<()> {
    let known: bool =
        sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
            .bind(workspace)
            .fetch_one(&mut *connection)
            .await
            .during("looking for the workspace's schema")?;
    if !known {
        return Err(Error::new(code::CLI0013)
            .with("workspace", workspace)
            .hint("there is no such workspace here; `teal validate` lists those of a model"));
    }
    let schema = Ident::new(workspace);
    let statement = sql!("set search_path to {schema}", schema);
    connection.execute(&statement).await.during("entering the workspace")?;
    Ok(())
}

async fn query(
    connection: &mut PgConnection,
    text: &str,
    limit: usize,
) -> Result<(Vec<Header>, Vec<Texts>, bool)> {
    let mut transaction = pg::aside(connection, "beginning the query").await?;
    transaction.execute("set transaction read only").await.during("beginning the query")?;
    // Preparing refuses more than one statement, so that none can end the read-only transaction.
    transaction
        .prepare(AssertSqlSafe(text.to_owned()).into_sql_str())
        .await
        .map_err(|error| refused(&error))?;
    let mut stream = transaction.fetch(sqlx::raw_sql(AssertSqlSafe(text.to_owned())));
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    let mut more = false;
    while let Some(row) = stream.try_next().await.map_err(|error| refused(&error))? {
        if rows.len() == limit {
            more = true;
            break;
        }
        if columns.is_empty() {
            columns = header(&row);
        }
        rows.push(texts(&row).map_err(|error| refused(&error))?);
    }
    Ok((columns, rows, more))
}

/// The person's own query: the server's words are the best help, position included.
fn refused(error: &sqlx::Error) -> Error {
    let refused = Error::new(code::CLI0013);
    match error {
        sqlx::Error::Database(database) => refused
            .with("sqlstate", database.code().unwrap_or_default())
            .caused_by(database.message().to_owned()),
        other => refused.caused_by(other.to_string()),
    }
}

fn header(row: &PgRow) -> Vec<Header> {
    row.columns()
        .iter()
        .map(|column| (column.name().to_owned(), column.type_info().name().to_owned()))
        .collect()
}

/// The simple protocol sends every value as text, whatever its type.
fn texts(row: &PgRow) -> Result<Texts, sqlx::Error> {
    (0..row.columns().len())
        .map(|index| {
            let value = row.try_get_raw(index)?;
            if value.is_null() {
                return Ok(None);
            }
            let text = value.as_str().map_err(sqlx::Error::Decode)?;
            Ok(Some(text.to_owned()))
        })
        .collect()
}

fn as_table(columns: &[Header], rows: &[Texts]) -> String {
    let sides: Vec<(&str, Side)> = columns
        .iter()
        .map(|(name, kind)| (name.as_str(), if is_number(kind) { Side::Right } else { Side::Left }))
        .collect();
    let mut table = table::table(&sides);
    for row in rows {
        table.add_row(row.iter().map(|value| cell(value.as_deref().unwrap_or("∅"))));
    }
    table::render(&table)
}

fn is_number(kind: &str) -> bool {
    ["INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC"].contains(&kind)
}

fn as_object(columns: &[Header], row: &Texts) -> Value {
    let pairs = columns.iter().zip(row).map(|((name, kind), value)| {
        let value = value.as_deref().map_or(Value::Null, |text| as_json(kind, text));
        (name.clone(), value)
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Integers, truth values and JSON keep their kind; everything else is PostgreSQL's own text, which
/// loses nothing.
fn as_json(kind: &str, text: &str) -> Value {
    let parsed = match kind {
        "BOOL" => Some(json!(text == "t")),
        "INT2" | "INT4" | "INT8" => text.parse::<i64>().ok().map(Value::from),
        "JSON" | "JSONB" => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;

    #[test]
    fn values_keep_their_kind_in_json_and_null_is_visible_in_text() {
        let columns: Vec<Header> =
            [("id", "INT8"), ("ok", "BOOL"), ("doc", "JSONB"), ("n", "NUMERIC")]
                .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
                .into();
        let row: Texts = [Some("7"), Some("t"), Some("{\"a\": 1}"), Some("1.00")]
            .map(|v| v.map(str::to_owned))
            .into();
        assert_eq!(
            as_object(&columns, &row),
            json!({"id": 7, "ok": true, "doc": {"a": 1}, "n": "1.00"})
        );
        let empty: Texts = vec![Some("12".into()), None, None, Some("3.5".into())];
        insta::assert_snapshot!(plain(&as_table(&columns, &[row, empty])));
    }

    #[test]
    fn a_query_that_fails_says_so_in_the_servers_words() {
        let error = refused(&sqlx::Error::PoolTimedOut);
        assert_eq!(error.code(), code::CLI0013);
        assert!(error.one_line().contains("timed out"), "{}", error.one_line());
    }
}
