//! Loads generated TPC-H data into schema `tpch` of the source: COPY, then keys, then statistics.

use std::{fmt::Display, fmt::Write, time::Instant};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tpchgen::{
    csv::{
        CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
    },
    generators::{
        CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator,
        PartSuppGenerator, RegionGenerator, SupplierGenerator,
    },
};

use crate::{
    Result, say,
    tables::{TABLES, Table},
};

/// Bytes per message of COPY: fewer, larger ones cost less.
const SEND_BYTES: usize = 200_000;

/// Drops what is in schema `tpch` and loads it anew.
pub(crate) async fn run(source: &str, scale: f64) -> Result {
    let started = Instant::now();
    let mut connection = PgConnection::connect(source).await?;
    connection.execute("set client_min_messages = warning").await?;
    connection.execute("drop schema if exists tpch cascade").await?;
    connection.execute("create schema tpch").await?;
    for table in &TABLES {
        connection.execute(AssertSqlSafe(table.ddl())).await?;
    }
    connection.close().await?;
    // Lineitem is three quarters of everything, so two connections end at about the same time.
    let (large, small) = tokio::try_join!(
        load_all(source, scale, &["lineitem"]),
        load_all(
            source,
            scale,
            &["region", "nation", "supplier", "customer", "part", "partsupp", "orders"]
        ),
    )?;
    let seconds = started.elapsed().as_secs_f64();
    say!("  {} rows in {seconds:.1} s", large + small);
    Ok(())
}

/// Whether the tables are there.
pub(crate) async fn is_loaded(source: &str) -> Result<bool> {
    let mut connection = PgConnection::connect(source).await?;
    let loaded = "select count(*) = 8 from pg_constraint
                  where contype = 'p' and connamespace = to_regnamespace('tpch')";
    let loaded: bool = sqlx::query_scalar(loaded).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(loaded)
}

async fn load_all(source: &str, scale: f64, names: &[&str]) -> Result<u64> {
    let mut connection = PgConnection::connect(source).await?;
    let mut total = 0;
    for table in TABLES.iter().filter(|table| names.contains(&table.name)) {
        let rows = load(&mut connection, table, scale).await?;
        let (name, key) = (table.name, table.key_list());
        for statement in [
            format!("alter table tpch.{name} add primary key ({key})"),
            format!("vacuum analyze tpch.{name}"),
        ] {
            connection.execute(AssertSqlSafe(statement)).await?;
        }
        say!("  {name}: {rows} rows");
        total += rows;
    }
    connection.close().await?;
    Ok(total)
}

async fn load(connection: &mut PgConnection, table: &Table, scale: f64) -> Result<u64> {
    match table.name {
        "region" => {
            copy(connection, table, RegionGenerator::new(scale, 1, 1).iter().map(RegionCsv::new))
                .await
        }
        "nation" => {
            copy(connection, table, NationGenerator::new(scale, 1, 1).iter().map(NationCsv::new))
                .await
        }
        "supplier" => {
            let rows = SupplierGenerator::new(scale, 1, 1);
            copy(connection, table, rows.iter().map(SupplierCsv::new)).await
        }
        "customer" => {
            let rows = CustomerGenerator::new(scale, 1, 1);
            copy(connection, table, rows.iter().map(CustomerCsv::new)).await
        }
        "part" => {
            copy(connection, table, PartGenerator::new(scale, 1, 1).iter().map(PartCsv::new)).await
        }
        "partsupp" => {
            let rows = PartSuppGenerator::new(scale, 1, 1);
            copy(connection, table, rows.iter().map(PartSuppCsv::new)).await
        }
        "orders" => {
            copy(connection, table, OrderGenerator::new(scale, 1, 1).iter().map(OrderCsv::new))
                .await
        }
        _ => {
            let rows = LineItemGenerator::new(scale, 1, 1);
            copy(connection, table, rows.iter().map(LineItemCsv::new)).await
        }
    }
}

async fn copy<R: Display>(
    connection: &mut PgConnection,
    table: &Table,
    rows: impl Iterator<Item = R>,
) -> Result<u64> {
    let statement = format!("copy tpch.{} from stdin (format csv)", table.name);
    let mut into = connection.copy_in_raw(&statement).await?;
    let mut buffer = String::with_capacity(SEND_BYTES + 1_000);
    for row in rows {
        writeln!(buffer, "{row}")?;
        if buffer.len() >= SEND_BYTES {
            into.send(buffer.as_bytes()).await?;
            buffer.clear();
        }
    }
    into.send(buffer.as_bytes()).await?;
    Ok(into.finish().await?)
}
