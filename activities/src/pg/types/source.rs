//! Types as a source has them: how Teal carries each, and what the model calls it.
//!
//! The one place that says so: the contract of a stream, `teal plan`, `teal validate --live` and
//! `teal discover` all ask here. Read first: [`SourceType::carriage`].

use sqlx::{FromRow, Row, postgres::PgRow};
use teal_model::types::ColumnType;

use super::{Fit, PgType, refused};

/// The type of one column of a source, as its catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceType {
    /// As the server prints it: `character varying(80)`, `cents`, `mood[]`.
    pub shown: String,
    /// The element below all domains and arrays, as `format_type` prints it.
    base: String,
    owner: Owner,
    /// Array types around it; above 1 only where a domain stands between two of them.
    arrays: u32,
    is_domain: bool,
}

/// Whose type it is, below domains and arrays.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// PostgreSQL's own.
    System,
    /// An enum, a composite or a range that somebody made.
    User,
    /// A type of the extension with this name.
    Extension(String),
}

/// How the values of a type travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carriage {
    /// As values of this built-in type, byte by byte.
    Value(PgType),
    /// As the text that PostgreSQL prints: types of users and extensions, which the merge store does
    /// not know. An array becomes an array of texts.
    Text(PgType),
    /// Not at all.
    Refused(Refusal),
}

/// Why a type is not carried, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Half a sentence: `it names an object of its own database`.
    pub why: &'static str,
    /// What to do, one line.
    pub help: &'static str,
}

/// How a column is read into a column of the merge table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Its bytes pass as they are.
    AsItIs,
    /// Cast to the merge table's type; each value is held exactly.
    Cast,
    /// The model says another type, which some values would not fit.
    Drift,
    /// No type of the model holds it.
    Refused(Refusal),
}

impl SourceType {
    /// Columns of a query that [`SourceType`] is read from, over `pg_attribute a`; needs
    /// [`SourceType::JOINS`].
    pub const COLUMNS: &'static str = "format_type(a.atttypid, a.atttypmod) as type_shown,
        format_type(b.type, b.modifier) as type_base,
        b.arrays as type_arrays, b.domains as type_is_domain,
        t.typtype in ('b', 'r', 'm') and t.typnamespace = 'pg_catalog'::regnamespace as type_is_system,
        (select x.extname::text from pg_depend p join pg_extension x on x.oid = p.refobjid
         where p.classid = 'pg_type'::regclass and p.objid = t.oid
           and p.refclassid = 'pg_extension'::regclass limit 1) as type_extension";

    /// Joins for [`SourceType::COLUMNS`]: goes down through domains and arrays to what is below.
    pub const JOINS: &'static str = "cross join lateral (
            with recursive base(type, modifier, depth, arrays, domains) as (
                select a.atttypid, a.atttypmod, 0, 0, false
                union all
                select coalesce(e.oid, d.typbasetype),
                       case when e.oid is null then d.typtypmod else modifier end,
                       depth + 1, arrays + (e.oid is not null)::int, domains or e.oid is null
                from base join pg_type d on d.oid = base.type
                left join pg_type e on e.oid = d.typelem and e.typarray = d.oid
                where e.oid is not null or d.typtype = 'd')
            select type, modifier, arrays, domains from base order by depth desc limit 1) b
        join pg_type t on t.oid = b.type";

    /// How its values travel.
    pub fn carriage(&self) -> Carriage {
        if self.owner != Owner::System || self.arrays > 1 {
            return Carriage::Text(PgType::text(self.arrays > 0));
        }
        match PgType::parse(&self.base) {
            Some(base) => Carriage::Value(base.in_array(self.arrays > 0)),
            None => Carriage::Refused(refused::why(&self.base)),
        }
    }

    /// What the model calls it: the neutral word where there is one, else `native: …`; types of users
    /// and extensions are `text`.
    ///
    /// # Errors
    /// The refusal of a type that Teal does not carry.
    pub fn model_type(&self) -> Result<ColumnType, Refusal> {
        match self.carriage() {
            Carriage::Value(carried) | Carriage::Text(carried) => Ok(carried.neutral()),
            Carriage::Refused(refusal) => Err(refusal),
        }
    }

    /// How its values get into a column of type `to`.
    pub fn reading(&self, to: &PgType) -> Reading {
        match self.carriage() {
            Carriage::Text(text) if to.holds_any_text(text.array) => Reading::Cast,
            Carriage::Text(_) => Reading::Drift,
            Carriage::Refused(refusal) => Reading::Refused(refusal),
            Carriage::Value(from) => match from.fit(to) {
                Fit::Exact if !self.is_domain => Reading::AsItIs,
                Fit::Exact | Fit::Cast => Reading::Cast,
                Fit::Drift => Reading::Drift,
            },
        }
    }

    /// Whose type it is where that is not PostgreSQL: `a type of the extension hstore`.
    pub fn origin(&self) -> Option<String> {
        match &self.owner {
            Owner::System => None,
            Owner::User => Some("a type of its own database".to_owned()),
            Owner::Extension(name) => Some(format!("a type of the extension {name}")),
        }
    }
}

impl FromRow<'_, PgRow> for SourceType {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let arrays: i32 = row.try_get("type_arrays")?;
        let owner = match row.try_get::<Option<String>, _>("type_extension")? {
            Some(name) => Owner::Extension(name),
            None if row.try_get("type_is_system")? => Owner::System,
            None => Owner::User,
        };
        Ok(Self {
            shown: row.try_get("type_shown")?,
            base: row.try_get("type_base")?,
            owner,
            arrays: u32::try_from(arrays).unwrap_or(0),
            is_domain: row.try_get("type_is_domain")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(base: &str) -> SourceType {
        SourceType {
            shown: base.to_owned(),
            base: base.to_owned(),
            owner: Owner::System,
            arrays: 0,
            is_domain: false,
        }
    }

    fn of_user(arrays: u32) -> SourceType {
        SourceType { owner: Owner::User, arrays, ..system("mood") }
    }

    #[test]
    fn the_model_calls_each_type_by_its_neutral_word() {
        let mut words = Vec::new();
        for base in [
            "bigint",
            "character varying(80)",
            "character(3)",
            "bpchar",
            "numeric(15,2)",
            "numeric",
            "timestamp(3) without time zone",
            "timestamp with time zone",
            "time(0) with time zone",
            "interval day to second(3)",
            "bytea",
            "bit(3)",
            "bit varying(7)",
            "inet",
            "\"char\"",
        ] {
            words.push(system(base).model_type().unwrap().to_string());
            let array = SourceType { arrays: 1, ..system(base) };
            let word = array.model_type().unwrap();
            assert_eq!(word.to_string().parse(), Ok(word.clone()), "{word} is read again");
            assert_ne!(array.reading(&PgType::of(&word).unwrap()), Reading::Drift, "{word}");
        }
        insta::assert_snapshot!(words.join(" | "), @r#"bigint | varchar(80) | char(3) | native:bpchar | decimal(15,2) | decimal | timestamp | timestamptz | native:timetz | interval | binary | native:bit(3) | native:bit varying(7) | native:inet | native:"char""#);
    }

    #[test]
    fn types_of_users_are_texts() {
        assert_eq!(of_user(0).model_type(), Ok(ColumnType::Text));
        assert_eq!(of_user(1).model_type().unwrap().to_string(), "text[]");
        assert_eq!(of_user(0).reading(&PgType::text(false)), Reading::Cast);
        assert_eq!(of_user(0).reading(&PgType::text(true)), Reading::Drift);
        let nested = SourceType { arrays: 2, is_domain: true, ..system("text") };
        assert_eq!(nested.model_type().unwrap().to_string(), "text[]");
    }

    #[test]
    fn what_means_something_in_its_own_database_only_is_refused_by_name() {
        for base in ["regclass", "xid", "aclitem", "refcursor", "oidvector", "a_type_of_tomorrow"] {
            let refusal = system(base).model_type().unwrap_err();
            assert!(refusal.help.contains("leave the column out"), "{base}: {refusal:?}");
            assert!(matches!(system(base).reading(&PgType::text(false)), Reading::Refused(_)));
        }
    }
}
