//! Codes of the model. One per situation; a number is never reused.

use crate::error::{Code, Kind};

// ---- Reading

/// Not YAML.
pub const MODEL0001: Code = code(
    "MODEL0001",
    "the file is not valid YAML",
    "mend the YAML at the mark; indentation is by spaces, and text that holds `: ` or ` #` stands in quotes",
);
/// A key of a mapping twice.
pub const MODEL0002: Code = code("MODEL0002", "a field is written twice", "keep one of the two");
/// File, nesting or aliases out of bounds.
pub const MODEL0003: Code = code(
    "MODEL0003",
    "the file is larger than a model may be",
    "split the model into several files and write repeated parts out instead of nesting aliases",
);
/// A part of YAML that models do not use.
pub const MODEL0004: Code = code(
    "MODEL0004",
    "this part of YAML is not used in models",
    "write plain mappings, lists and texts: no custom tags, no keys that are lists",
);
/// A document without `kind:`.
pub const MODEL0005: Code = code(
    "MODEL0005",
    "the document does not say its kind",
    "start the document with `kind:`, such as `kind: Datastore`; documents of a file are separated by `---`",
);
/// A kind that does not exist.
pub const MODEL0006: Code = code(
    "MODEL0006",
    "this kind of document does not exist",
    "the kinds are Ecosystem, PlatformServices, Platform, Zone, Team, Datastore, Dataset, Workspace, Assignment",
);
/// A field that does not exist.
pub const MODEL0007: Code =
    code("MODEL0007", "this field does not exist", "remove it or correct its name");
/// A field that must be there.
pub const MODEL0008: Code = code("MODEL0008", "a field is missing", "add it");
/// A value of the wrong shape: a list for a text, a text for a number, …
pub const MODEL0009: Code =
    code("MODEL0009", "the value has the wrong shape", "write what the message asks for");
/// A word outside of its closed set.
pub const MODEL0010: Code = code(
    "MODEL0010",
    "the word is not one of those that are allowed",
    "write one of the words that the message names",
);
/// A duration that cannot be read.
pub const MODEL0011: Code = code(
    "MODEL0011",
    "this is not a duration",
    "write a number and a unit: 30s, 5m, 2h, 1d or together 1h30m",
);
/// A quantity that cannot be read.
pub const MODEL0012: Code = code(
    "MODEL0012",
    "this is not a quantity",
    "write it as Kubernetes does: processors 100m, 0.5, 2; bytes 128Mi, 2Gi, 500M",
);
/// A secret in the model.
pub const MODEL0013: Code = code(
    "MODEL0013",
    "a secret does not belong into a model",
    "remove it, change it where it is valid, and name it by `credential:`; workers look it up in the place that `credentials:` of the PlatformServices names",
);
/// A style of platform that is planned.
pub const MODEL0014: Code = code(
    "MODEL0014",
    "this style of platform is not built yet",
    "use `style: live` (latest rows) or `style: milestoned` (all versions)",
);
/// A way of ingestion that is planned.
pub const MODEL0015: Code = code(
    "MODEL0015",
    "this way of ingestion is not built yet",
    "use `ingest: {snapshot: {}}`, which reads changes of any PostgreSQL table",
);
/// Another feature that is planned.
pub const MODEL0016: Code = code("MODEL0016", "this is not built yet", "leave it out for now");
/// A column type that does not exist.
pub const MODEL0017: Code = code(
    "MODEL0017",
    "this is not a column type",
    "the types are boolean, smallint, integer, bigint, real, double, decimal(p,s), text, varchar(n), char(n), binary, date, time, timestamp, timestamptz, interval, uuid, json, jsonb, any of these with [], and native:<type of the source>",
);
/// Nothing to read.
pub const MODEL0018: Code =
    code("MODEL0018", "there is no model here", "name a .yaml file or a folder that holds some");
/// More mistakes than are worth showing.
pub const MODEL0019: Code =
    code("MODEL0019", "there are more mistakes than are shown", "mend these first");
// ---- Names and references

/// A name outside of the rules.
pub const MODEL0020: Code = code(
    "MODEL0020",
    "the name breaks the rules for names",
    "names are a-z, then a-z, 0-9 and _, at most 63 characters, without `__`; names that start with teal or pg_, and the names public and information_schema, are taken",
);
/// Two objects of one name.
pub const MODEL0021: Code =
    code("MODEL0021", "the name is declared twice", "rename or remove one of the two");
/// A name that nobody declares.
pub const MODEL0022: Code =
    code("MODEL0022", "the name is not declared anywhere", "declare it, or correct the name");
/// `formerly` that would give one past to two objects.
pub const MODEL0023: Code = code(
    "MODEL0023",
    "`formerly` names something that exists or is claimed twice",
    "`formerly` holds names that no object has any more, each claimed by one object",
);
/// No ecosystem, or several.
pub const MODEL0024: Code = code(
    "MODEL0024",
    "a model has exactly one Ecosystem",
    "keep one document `kind: Ecosystem` with its name",
);
/// Several stacks.
pub const MODEL0025: Code = code(
    "MODEL0025",
    "a model has one PlatformServices for now",
    "keep one; several platforms can share it",
);
/// Platforms without a stack.
pub const MODEL0026: Code = code(
    "MODEL0026",
    "the model has no PlatformServices",
    "add a document `kind: PlatformServices` with its merge database and resource classes",
);
/// A team that is not `zone/team`.
pub const MODEL0027: Code = code(
    "MODEL0027",
    "a team is written as zone/team",
    "write both names, such as `retail/online`",
);
// ---- Datasets

/// No key.
pub const MODEL0030: Code = code(
    "MODEL0030",
    "the dataset has no key",
    "add `key: [column, …]`: the columns that identify a row at the source",
);
/// A key column that is no column.
pub const MODEL0031: Code = code(
    "MODEL0031",
    "a key column is not a column of the dataset",
    "`key` names columns as the model calls them: add the column or correct the name",
);
/// A key column that may be NULL.
pub const MODEL0032: Code = code(
    "MODEL0032",
    "a key column may be NULL",
    "remove `nullable: true` where the source never has NULL there, or choose another key",
);
/// A key column twice.
pub const MODEL0033: Code =
    code("MODEL0033", "a key column is listed twice", "list each column once");
/// A key of a type without equality.
pub const MODEL0034: Code = code(
    "MODEL0034",
    "a column of this type cannot be part of a key",
    "choose other columns; json knows no equality (jsonb does)",
);
/// A dataset that does not say what it reads.
pub const MODEL0035: Code = code(
    "MODEL0035",
    "the dataset is incomplete",
    "add `table: schema.table` and `columns:`, here or in a document `kind: Dataset`",
);
/// A column name that Teal or PostgreSQL needs.
pub const MODEL0036: Code = code(
    "MODEL0036",
    "the column name is reserved",
    "give the column another name and say `source: <name at the source>`; columns named teal_* belong to Teal, and those of the system to PostgreSQL",
);
/// A column at the source that Teal made.
pub const MODEL0037: Code = code(
    "MODEL0037",
    "source columns named teal_* are refused",
    "read the table that these rows come from, not a merge table of Teal",
);
/// More columns than a table can have.
pub const MODEL0038: Code = code(
    "MODEL0038",
    "the dataset has too many columns",
    "leave out columns: a PostgreSQL table holds 1,600, and Teal adds a few of its own",
);
/// A table name that cannot be read.
pub const MODEL0039: Code = code(
    "MODEL0039",
    "this is not a table name",
    "write `schema.table`; for names with dots, `{schema: …, name: …}`",
);
// ---- Schedules

/// A cron expression that cannot be read or never comes.
pub const MODEL0040: Code = code(
    "MODEL0040",
    "the cron expression cannot be used",
    "write five fields: minute hour day-of-month month day-of-week, such as `*/5 * * * *`",
);
/// A time zone that does not exist.
pub const MODEL0041: Code = code(
    "MODEL0041",
    "the time zone does not exist",
    "use an IANA name, such as `Europe/Zurich` or `UTC`",
);
/// A period outside of its bounds.
pub const MODEL0042: Code =
    code("MODEL0042", "the period is out of bounds", "write between 1s and 365d");
/// Something of one stream on a dataset that shares its stream.
pub const MODEL0043: Code = code(
    "MODEL0043",
    "the dataset has no stream of its own",
    "all datasets of a `streams: multi` store share one: write it at the store, or make the store `streams: single`",
);
/// A latency that the schedule cannot keep.
pub const MODEL0044: Code = code(
    "MODEL0044",
    "the store is read too seldom for this latency",
    "read the store more often, or ask for less",
);
/// A value of `max_delete` that cannot be used.
pub const MODEL0045: Code = code(
    "MODEL0045",
    "`max_delete` cannot be read",
    "write a share such as `20%`, or `{percent: 20, rows: 1000}`",
);
// ---- Consumers

/// Two objects in one place of the merge store.
pub const MODEL0050: Code =
    code("MODEL0050", "two objects would share one place in the database", "rename one of the two");
/// A sink that is not `store:dataset`.
pub const MODEL0051: Code =
    code("MODEL0051", "this is not a sink", "write `store:dataset`, such as `shop:orders`");
/// No platform fits.
pub const MODEL0052: Code = code(
    "MODEL0052",
    "no platform fits what the group needs",
    "declare one (history none is kept by `style: live`, full by `style: milestoned`), or say `platform:`",
);
/// Several platforms fit.
pub const MODEL0053: Code = code(
    "MODEL0053",
    "more than one platform fits what the group needs",
    "say which by `platform:` or a document `kind: Assignment`",
);
/// A platform that cannot serve what is needed.
pub const MODEL0054: Code = code(
    "MODEL0054",
    "the platform does not keep what the group needs",
    "choose a platform of another style, or need less history",
);
/// Assignments that contradict each other.
pub const MODEL0055: Code = code(
    "MODEL0055",
    "the assignments of a group contradict each other",
    "one platform serves (provisioned); a second may run beside it as provisioning or decommissioning",
);
/// Readers where Teal may not grant.
pub const MODEL0056: Code = code(
    "MODEL0056",
    "readers are listed, but roles are managed elsewhere",
    "remove `readers`, or `roles: external`",
);
/// A name that no role of PostgreSQL can have.
pub const MODEL0057: Code = code(
    "MODEL0057",
    "this cannot be the name of a role",
    "a role name has 1 to 63 bytes and does not start with pg_",
);
// ---- Sizes

/// A size that no class holds.
pub const MODEL0060: Code = code(
    "MODEL0060",
    "no resource class holds this size",
    "add a larger class to the PlatformServices, or ask for less",
);
/// Requests above limits.
pub const MODEL0061: Code =
    code("MODEL0061", "the request is above the limit", "raise the limit or lower the request");
/// A class that could run nothing.
pub const MODEL0062: Code = code(
    "MODEL0062",
    "the resource class cannot be used",
    "a class needs processor and memory above zero, slots from 1 to 1000, and a name other than `workflows`",
);

/// All codes of the model, for `teal explain` and its tests.
pub const ALL: &[Code] = &[
    MODEL0001, MODEL0002, MODEL0003, MODEL0004, MODEL0005, MODEL0006, MODEL0007, MODEL0008,
    MODEL0009, MODEL0010, MODEL0011, MODEL0012, MODEL0013, MODEL0014, MODEL0015, MODEL0016,
    MODEL0017, MODEL0018, MODEL0019, MODEL0020, MODEL0021, MODEL0022, MODEL0023, MODEL0024,
    MODEL0025, MODEL0026, MODEL0027, MODEL0030, MODEL0031, MODEL0032, MODEL0033, MODEL0034,
    MODEL0035, MODEL0036, MODEL0037, MODEL0038, MODEL0039, MODEL0040, MODEL0041, MODEL0042,
    MODEL0043, MODEL0044, MODEL0045, MODEL0050, MODEL0051, MODEL0052, MODEL0053, MODEL0054,
    MODEL0055, MODEL0056, MODEL0057, MODEL0060, MODEL0061, MODEL0062,
];

/// All mistakes of a model are the author's to mend.
const fn code(id: &'static str, title: &'static str, help: &'static str) -> Code {
    Code::new(id, Kind::Config, title, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ordered() {
        let ids: Vec<&str> = ALL.iter().map(|code| code.id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("MODEL") && id.len() == 9));
    }
}
