//! What people ask of a stream beyond its schedule: a comparison of every row, or a load from zero.
//!
//! A wish stands in the control catalog until a batch that did it is committed: that batch raises
//! `stream_state.resync_served` in its own transaction. So no crash loses a wish, and none is done
//! twice. Read first: [`Resync::of`].

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};
use teal_model::{Result, release::DatasetSpec};

use super::number::{count, int8};
use crate::pg::PgResultExt;

/// Most bytes of [`Resync::words`]: they stand in summaries of Temporal's UI.
const WORDS_BYTES: usize = 120;

/// One wish of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Rises for each stream.
    pub number: u64,
    /// Datasets of the stream; empty: all.
    pub datasets: Vec<String>,
    /// Load from zero instead of comparing.
    pub discard_history: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

/// How a batch treats one dataset; a later one includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// Digests tell what has to travel.
    Usual,
    /// Every row travels and is compared value by value.
    Compare,
    /// Every row is loaded into a new table that takes the place of the old one.
    Rebuild,
}

/// All wishes that are open at one moment; one batch does them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resync {
    /// Number of the newest; 0: there is none.
    pub number: u64,
    /// Oldest first.
    pub wishes: Vec<Wish>,
}

impl Resync {
    /// What these wishes come to.
    pub fn of(wishes: Vec<Wish>) -> Self {
        let number = wishes.iter().map(|wish| wish.number).max().unwrap_or(0);
        Self { number, wishes }
    }

    /// How the next batch treats a dataset; a wish that was spoken under an earlier name holds.
    pub fn treatment(&self, dataset: &DatasetSpec) -> Treatment {
        let named = |name: &String| *name == dataset.name || dataset.formerly.contains(name);
        self.wishes
            .iter()
            .filter(|wish| wish.datasets.is_empty() || wish.datasets.iter().any(named))
            .map(|wish| if wish.discard_history { Treatment::Rebuild } else { Treatment::Compare })
            .max()
            .unwrap_or(Treatment::Usual)
    }

    /// In one line: `compare every row of orders`, `load all datasets from zero`. Empty: no wish.
    pub fn words(&self) -> String {
        let (load_all, loaded) = self.named(true);
        let (compare_all, mut compared) = self.named(false);
        if load_all {
            return "load all datasets from zero".to_owned();
        }
        compared.retain(|name| !loaded.contains(name));
        let mut parts = Vec::new();
        if !loaded.is_empty() {
            parts.push(format!("load {} from zero", listed(&loaded)));
        }
        match (compare_all, loaded.is_empty()) {
            (true, true) => parts.push("compare every row of all datasets".to_owned()),
            (true, false) => parts.push("compare every row of all others".to_owned()),
            (false, _) if compared.is_empty() => {}
            (false, _) => parts.push(format!("compare every row of {}", listed(&compared))),
        }
        parts.join(", ")
    }

    /// Whether a wish of this kind is for all datasets; else those that are named, sorted.
    fn named(&self, discard_history: bool) -> (bool, Vec<&str>) {
        let of_kind = self.wishes.iter().filter(|wish| wish.discard_history == discard_history);
        let all = of_kind.clone().any(|wish| wish.datasets.is_empty());
        let mut names: Vec<&str> =
            of_kind.flat_map(|wish| &wish.datasets).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        (all, names)
    }
}

/// Names one after another as long as they fit.
fn listed(names: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 && text.len() + name.len() > WORDS_BYTES {
            text.push_str(&format!(" and {} more", names.len() - index));
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}

/// Wishes of a stream that no committed batch has done, oldest first. `served`: the ledger's
/// `resync_served`.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn open(control: &PgPool, stream_id: i64, served: u64) -> Result<Vec<Wish>> {
    let mut wishes = open_of(control, &[(stream_id, served)]).await?;
    Ok(wishes.remove(&stream_id).unwrap_or_default())
}

/// As [`open`], of several streams, each with what the ledger has done of it.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn open_of(control: &PgPool, streams: &[(i64, u64)]) -> Result<BTreeMap<i64, Vec<Wish>>> {
    const READING: &str = "reading what is to be resynced";
    let rows = sqlx::query(
        "select r.stream_id, r.number, r.datasets, r.discard_history, r.reason, r.by_whom,
                (extract(epoch from r.at) * 1000)::bigint as at
         from teal.resync r join unnest($1::bigint[], $2::bigint[]) as s(id, served)
           on r.stream_id = s.id and r.number > s.served
         where r.cancelled_at is null order by r.stream_id, r.number",
    )
    .bind(streams.iter().map(|(id, _)| *id).collect::<Vec<i64>>())
    .bind(streams.iter().map(|(_, served)| int8(*served)).collect::<Vec<i64>>())
    .fetch_all(control)
    .await
    .during(READING)?;
    let mut wishes: BTreeMap<i64, Vec<Wish>> = BTreeMap::new();
    for row in &rows {
        let (stream_id, wish) = read(row).during(READING)?;
        wishes.entry(stream_id).or_default().push(wish);
    }
    Ok(wishes)
}

fn read(row: &PgRow) -> Result<(i64, Wish), sqlx::Error> {
    let wish = Wish {
        number: count(row.try_get("number")?),
        datasets: row.try_get("datasets")?,
        discard_history: row.try_get("discard_history")?,
        reason: row.try_get("reason")?,
        by: row.try_get("by_whom")?,
        at_ms: row.try_get("at")?,
    };
    Ok((row.try_get("stream_id")?, wish))
}

/// Enters a wish and returns its number, above `served`. The caller's transaction holds the
/// stream's row in `teal.stream`, so that numbers are given one after another.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn put(
    connection: &mut PgConnection,
    stream_id: i64,
    wish: &Wish,
    served: u64,
) -> Result<u64> {
    let number: i64 = sqlx::query_scalar(
        "insert into teal.resync (stream_id, number, datasets, discard_history, reason, by_whom)
         select $1, greatest(coalesce(max(number), 0), $2) + 1, $3, $4, $5, $6
         from teal.resync where stream_id = $1
         returning number",
    )
    .bind(stream_id)
    .bind(int8(served))
    .bind(&wish.datasets)
    .bind(wish.discard_history)
    .bind(&wish.reason)
    .bind(&wish.by)
    .fetch_one(connection)
    .await
    .during("entering a resync")?;
    Ok(count(number))
}

/// Takes back what is not done; returns how many wishes that were. A batch that is already staged
/// for one of them goes on.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn cancel(connection: &mut PgConnection, stream_id: i64, served: u64) -> Result<u64> {
    let done = sqlx::query(
        "update teal.resync set cancelled_at = clock_timestamp()
         where stream_id = $1 and number > $2 and cancelled_at is null",
    )
    .bind(stream_id)
    .bind(int8(served))
    .execute(connection)
    .await
    .during("taking a resync back")?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::postgres::ddl::tests::orders;

    fn wish(number: u64, datasets: &[&str], discard_history: bool) -> Wish {
        let datasets = datasets.iter().map(|&name| name.to_owned()).collect();
        Wish { number, datasets, discard_history, ..Wish::default() }
    }

    #[test]
    fn the_strongest_wish_for_a_dataset_wins() {
        let orders = orders();
        let treatment = |wishes: &[Wish]| Resync::of(wishes.to_vec()).treatment(&orders);
        assert_eq!(treatment(&[]), Treatment::Usual);
        assert_eq!(treatment(&[wish(1, &["people"], true)]), Treatment::Usual);
        assert_eq!(treatment(&[wish(1, &[], false)]), Treatment::Compare);
        let both = [wish(1, &[], false), wish(2, &["orders"], true)];
        assert_eq!(treatment(&both), Treatment::Rebuild);
        assert_eq!(Resync::of(both.to_vec()).number, 2);
    }

    #[test]
    fn a_wish_holds_for_a_dataset_that_was_renamed() {
        let mut renamed = orders();
        renamed.formerly = vec!["bookings".to_owned()];
        let resync = Resync::of(vec![wish(1, &["bookings"], false)]);
        assert_eq!(resync.treatment(&renamed), Treatment::Compare);
    }

    #[test]
    fn words_say_what_is_wanted_and_stay_short() {
        let words = |wishes: &[Wish]| Resync::of(wishes.to_vec()).words();
        assert_eq!(words(&[]), "");
        let some = [wish(1, &["b", "a"], false), wish(2, &["b", "c"], true)];
        assert_eq!(words(&some), "load b, c from zero, compare every row of a");
        assert_eq!(
            words(&[wish(1, &["a"], false), wish(2, &[], false)]),
            "compare every row of all datasets"
        );
        let both = [wish(1, &[], false), wish(2, &["b"], true)];
        assert_eq!(words(&both), "load b from zero, compare every row of all others");
        let zero = [wish(1, &["a"], false), wish(2, &[], true)];
        assert_eq!(words(&zero), "load all datasets from zero");
        let many: Vec<String> = (100..200).map(|n| format!("dataset_{n}")).collect();
        let names: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = words(&[wish(1, &names, false)]);
        assert!(text.len() < 170 && text.ends_with(" and 91 more"), "{text}");
    }
}
