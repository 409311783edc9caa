//! A look at the rows of a source before the first batch: would it be refused?
//!
//! Where the source itself vouches (a unique index, NOT NULL) nothing is read. Bounded in time: what
//! could not be found out in some seconds is left to the first batch, which looks at every row.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use teal_model::{Error, Result, release::DatasetSpec};

use super::{Relation, Table, columns::SourceColumn};
use crate::{
    code,
    pg::{Ident, PgResultExt, Sql, literal, sql},
    source::{Difference, Subject, Wanted},
};

/// Longest look at one table.
const ONE_LOOK: Duration = Duration::from_secs(5);

/// Time that is left for looks at one source.
#[derive(Debug)]
pub(super) struct Budget(Duration);

impl Default for Budget {
    /// Half a minute: a plan is waited for.
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}

/// Looks at the rows of a table whose columns are right.
///
/// # Errors
/// Those of the connection; what the source says of the table itself is a difference.
pub(super) async fn rows(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    relation: &Relation,
    table: &Table,
    columns: &[SourceColumn],
    budget: &mut Budget,
) -> Result<Vec<Difference>> {
    let dataset = wanted.dataset;
    let values = Sql::join(&table.values, ", ");
    let reading =
        sql!("select array[exists (select {values} from {from} s)]", values, from = &table.from);
    if let Err(error) = look(connection, &reading, ONE_LOOK).await {
        // Of a view: what it is made of is not readable, or not there any more.
        return tell(error, Subject::Table);
    }
    let mut differences = Vec::new();
    let unvouched: Vec<(&str, Ident)> = table
        .layout
        .columns()
        .iter()
        .filter(|column| !column.nullable)
        .filter(|column| {
            let found = |found: &&SourceColumn| {
                found.relation == relation.oid && found.name == column.source
            };
            !columns.iter().find(found).is_some_and(|found| found.not_null)
        })
        .map(|column| (column.name.as_str(), Ident::of_alias("s", &column.source)))
        .collect();
    if !unvouched.is_empty() {
        let any = unvouched.iter().map(|(_, column)| sql!("bool_or({column} is null)", column));
        let any = Sql::join(any, ", ");
        let query = sql!("select array[{any}] from {from} s", any, from = &table.from);
        match timed(connection, &query, budget).await {
            Ok(Some(nulls)) => {
                let held = unvouched.iter().zip(nulls).filter(|(_, null)| *null == Some(true));
                differences.extend(held.map(|((name, _), _)| null_in(wanted, name)));
            }
            Ok(None) => {}
            Err(error) => return tell(error, Subject::Table),
        }
    }
    if differences.is_empty() && !is_unique(connection, dataset, relation).await? {
        let key = dataset.key.iter().filter_map(|name| {
            let column = table.layout.columns().iter().find(|column| column.name == *name)?;
            Some(Ident::of_alias("s", &column.source))
        });
        let query = sql!(
            "select array[exists (select from {from} s group by {key} having count(*) > 1)]",
            from = &table.from,
            key = Sql::join(key, ", "),
        );
        match timed(connection, &query, budget).await {
            Ok(Some(twice)) if twice == [Some(true)] => differences.push(key_twice(wanted)),
            Ok(_) => {}
            Err(error) => return tell(error, Subject::Key),
        }
    }
    Ok(differences)
}

fn key_twice(wanted: Wanted<'_>) -> Difference {
    let (key, table) = (wanted.dataset.key.join(", "), &wanted.dataset.source);
    let message = format!("({key}) is not unique in {table}");
    Difference::new(code::SOURCE0019, Subject::Key, message).help(format!(
        "choose a key that is unique there and say {}, or mend the rows at the source",
        wanted.said("key: [column, …]")
    ))
}

fn null_in(wanted: Wanted<'_>, column: &str) -> Difference {
    let is_key = wanted.dataset.key.iter().any(|key| key == column);
    let message = format!("column {column} holds NULL, the model says that it never does");
    let difference = Difference::of_column(code::SOURCE0020, column, message);
    let help = if is_key {
        format!(
            "choose a key that always holds a value and say {}",
            wanted.said("key: [column, …]")
        )
    } else {
        format!("say {}", wanted.said_of(column, "nullable: true"))
    };
    difference.help(format!("{help}, or mend the rows at the source"))
}

/// Whether a unique index of the source covers no other columns than the key: whole tables only, at
/// once, no expressions.
async fn is_unique(
    connection: &mut PgConnection,
    dataset: &DatasetSpec,
    relation: &Relation,
) -> Result<bool> {
    if relation.has_heirs {
        return Ok(false);
    }
    let sources: Vec<&str> = dataset
        .columns
        .iter()
        .filter(|column| dataset.key.contains(&column.name))
        .map(teal_model::release::ColumnSpec::source_name)
        .collect();
    sqlx::query_scalar(
        "select exists (
           select from pg_index i
           where i.indrelid = $1::int8::oid and i.indisunique and i.indisvalid and i.indisready
             and i.indpred is null and i.indexprs is null
             and not exists (
               select from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k
               left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k
               where a.attname is null or not a.attname = any($2::text[]::name[])))",
    )
    .bind(relation.oid)
    .bind(&sources)
    .fetch_one(connection)
    .await
    .during("looking at the unique indexes of the source")
}

/// Runs a query that answers with an array of booleans, within what is left of the budget. `None`:
/// it took too long, or there is no time left.
async fn timed(
    connection: &mut PgConnection,
    query: &Sql,
    budget: &mut Budget,
) -> Result<Option<Vec<Option<bool>>>> {
    let limit = budget.0.min(ONE_LOOK);
    if limit < Duration::from_millis(50) {
        return Ok(None);
    }
    let started = Instant::now();
    let answer = look(connection, query, limit).await;
    budget.0 = budget.0.saturating_sub(started.elapsed());
    match answer {
        Ok(answer) => Ok(answer),
        // The statement's time is up, or somebody holds a lock on the table.
        Err(error) if error.code() == code::PG0005 => Ok(None),
        Err(error) => Err(error),
    }
}

async fn look(
    connection: &mut PgConnection,
    query: &Sql,
    limit: Duration,
) -> Result<Option<Vec<Option<bool>>>> {
    let limit = literal(&limit.as_millis().to_string());
    let bound = sql!("set statement_timeout = {limit}; set lock_timeout = {limit}", limit);
    sqlx::raw_sql(bound)
        .execute(&mut *connection)
        .await
        .during("preparing a look at the source")?;
    let row: Option<(Vec<Option<bool>>,)> = sqlx::query_as(query)
        .fetch_optional(connection)
        .await
        .during("looking at rows of the source")?;
    Ok(row.map(|(answer,)| answer))
}

/// An error of the table itself is a difference; one of the connection concerns the whole source.
fn tell(error: Error, subject: Subject) -> Result<Vec<Difference>> {
    if error.code() == code::PG0002 {
        return Err(error);
    }
    if error.code() == code::PG0005 {
        return Ok(Vec::new());
    }
    Ok(vec![Difference::of_error(&error, subject)])
}
