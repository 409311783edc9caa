//! Codes of the model: all are the author's to mend. One per situation; a number is never reused.

crate::codes! {
    // ---- Reading

    /// Not YAML.
    MODEL0001: Config, "the file is not valid YAML",
        "mend the YAML at the mark; indentation is by spaces, and text that holds `: ` or ` #` \
         stands in quotes";
    /// A key of a mapping twice.
    MODEL0002: Config, "a field is written twice", "keep one of the two";
    /// File, nesting or aliases out of bounds.
    MODEL0003: Config, "the file is larger than a model may be",
        "split the model into several files and write repeated parts out instead of nesting \
         aliases";
    /// A part of YAML that models do not use.
    MODEL0004: Config, "this part of YAML is not used in models",
        "write plain mappings, lists and texts: no custom tags, no keys that are lists";
    /// A document without `kind:`.
    MODEL0005: Config, "the document does not say its kind",
        "start the document with `kind:`, such as `kind: Datastore`; documents of a file are \
         separated by `---`";
    /// A kind that does not exist.
    MODEL0006: Config, "this kind of document does not exist",
        "the kinds are Ecosystem, PlatformServices, Platform, Zone, Team, Datastore, Dataset, \
         Workspace, Assignment";
    /// A field that does not exist.
    MODEL0007: Config, "this field does not exist", "remove it or correct its name";
    /// A field that must be there.
    MODEL0008: Config, "a field is missing", "add it";
    /// A value of the wrong shape: a list for a text, a text for a number, …
    MODEL0009: Config, "the value has the wrong shape", "write what the message asks for";
    /// A word outside of its closed set.
    MODEL0010: Config, "the word is not one of those that are allowed",
        "write one of the words that the message names";
    /// A duration that cannot be read.
    MODEL0011: Config, "this is not a duration",
        "write a number and a unit: 30s, 5m, 2h, 1d or together 1h30m";
    /// A quantity that cannot be read.
    MODEL0012: Config, "this is not a quantity",
        "write it as Kubernetes does: processors 100m, 0.5, 2; bytes 128Mi, 2Gi, 500M";
    /// A secret in the model.
    MODEL0013: Config, "a secret does not belong into a model",
        "remove it, change it where it is valid, and name it by `credential:`; workers look it \
         up in the place that `credentials:` of the PlatformServices names";
    /// A style of platform that is planned.
    MODEL0014: Config, "this style of platform is not built yet",
        "use `style: live` (latest rows) or `style: milestoned` (all versions)";
    /// A way of ingestion that is planned.
    MODEL0015: Config, "this way of ingestion is not built yet",
        "use `ingest: {snapshot: {}}`, which reads changes of any PostgreSQL table";
    /// Another feature that is planned.
    MODEL0016: Config, "this is not built yet", "leave it out for now";
    /// A column type that does not exist.
    MODEL0017: Config, "this is not a column type",
        "the types are boolean, smallint, integer, bigint, real, double, decimal(p,s), text, \
         varchar(n), char(n), binary, date, time, timestamp, timestamptz, interval, uuid, json, \
         jsonb, any of these with [], and native:<type of the source>";
    /// Nothing to read.
    MODEL0018: Config, "there is no model here", "name a .yaml file or a folder that holds some";
    /// More mistakes than are worth showing.
    MODEL0019: Config, "there are more mistakes than are shown", "mend these first";

    // ---- Names and references

    /// A name outside of the rules.
    MODEL0020: Config, "the name breaks the rules for names",
        "names are a-z, then a-z, 0-9 and _, at most 63 characters, without `__`; names that \
         start with teal or pg_, and the names public and information_schema, are taken";
    /// Two objects of one name.
    MODEL0021: Config, "the name is declared twice", "rename or remove one of the two";
    /// A name that nobody declares.
    MODEL0022: Config, "the name is not declared anywhere", "declare it, or correct the name";
    /// `formerly` that would give one past to two objects.
    MODEL0023: Config, "`formerly` names something that exists or is claimed twice",
        "`formerly` holds names that no object has any more, each claimed by one object";
    /// No ecosystem, or several.
    MODEL0024: Config, "a model has exactly one Ecosystem",
        "keep one document `kind: Ecosystem` with its name";
    /// Several stacks.
    MODEL0025: Config, "a model has one PlatformServices for now",
        "keep one; several platforms can share it";
    /// Platforms without a stack.
    MODEL0026: Config, "the model has no PlatformServices",
        "add a document `kind: PlatformServices` with its merge database and resource classes";
    /// A team that is not `zone/team`.
    MODEL0027: Config, "a team is written as zone/team",
        "write both names, such as `retail/online`";

    // ---- Datasets

    /// No key.
    MODEL0030: Config, "the dataset has no key",
        "add `key: [column, …]`: the columns that identify a row at the source";
    /// A key column that is no column.
    MODEL0031: Config, "a key column is not a column of the dataset",
        "`key` names columns as the model calls them: add the column or correct the name";
    /// A key column that may be NULL.
    MODEL0032: Config, "a key column may be NULL",
        "remove `nullable: true` where the source never has NULL there, or choose another key";
    /// A key column twice.
    MODEL0033: Config, "a key column is listed twice", "list each column once";
    /// A key of a type without equality.
    MODEL0034: Config, "a column of this type cannot be part of a key",
        "choose other columns; json knows no equality (jsonb does)";
    /// A dataset that does not say what it reads.
    MODEL0035: Config, "the dataset is incomplete",
        "add `table: schema.table` and `columns:`, here or in a document `kind: Dataset`";
    /// A column name that Teal or PostgreSQL needs.
    MODEL0036: Config, "the column name is reserved",
        "give the column another name and say `source: <name at the source>`; columns named \
         teal_* belong to Teal, and those of the system to PostgreSQL";
    /// A column at the source that Teal made.
    MODEL0037: Config, "source columns named teal_* are refused",
        "read the table that these rows come from, not a merge table of Teal";
    /// More columns than a table can have.
    MODEL0038: Config, "the dataset has too many columns",
        "read a view with fewer columns: a PostgreSQL table holds 1,600, and Teal adds a few of its own";
    /// A table name that cannot be read.
    MODEL0039: Config, "this is not a table name",
        "write `schema.table`; for names with dots, `{schema: …, name: …}`";

    // ---- Schedules

    /// A cron expression that cannot be read or never comes.
    MODEL0040: Config, "the cron expression cannot be used",
        "write five fields: minute hour day-of-month month day-of-week, such as `*/5 * * * *`";
    /// A time zone that does not exist.
    MODEL0041: Config, "the time zone does not exist",
        "use an IANA name, such as `Europe/Zurich` or `UTC`";
    /// A period outside of its bounds.
    MODEL0042: Config, "the period is out of bounds", "write between 1s and 365d";
    /// Something of one stream on a dataset that shares its stream.
    MODEL0043: Config, "the dataset has no stream of its own",
        "all datasets of a `streams: multi` store share one: write it at the store, or make the \
         store `streams: single`";
    /// A latency that the schedule cannot keep.
    MODEL0044: Config, "the store is read too seldom for this latency",
        "read the store more often, or ask for less";
    /// A value of `max_delete` that cannot be used.
    MODEL0045: Config, "`max_delete` cannot be read",
        "write a share such as `20%`, or `{percent: 20, rows: 1000}`";

    // ---- Consumers

    /// Two objects in one place of the merge store.
    MODEL0050: Config, "two objects would share one place in the database", "rename one of the two";
    /// A sink that is not `store:dataset`.
    MODEL0051: Config, "this is not a sink", "write `store:dataset`, such as `shop:orders`";
    /// No platform fits.
    MODEL0052: Config, "no platform fits what the group needs",
        "declare one (history none is kept by `style: live`, full by `style: milestoned`), or \
         say `platform:`";
    /// Several platforms fit.
    MODEL0053: Config, "more than one platform fits what the group needs",
        "say which by `platform:` or a document `kind: Assignment`";
    /// A platform that cannot serve what is needed.
    MODEL0054: Config, "the platform does not keep what the group needs",
        "choose a platform of another style, or need less history";
    /// Assignments that contradict each other.
    MODEL0055: Config, "the assignments of a group contradict each other",
        "one platform serves (provisioned); a second may run beside it as provisioning or \
         decommissioning";
    /// Readers where Teal may not grant.
    MODEL0056: Config, "readers are listed, but roles are managed elsewhere",
        "remove `readers`, or `roles: external`";
    /// A name that no role of PostgreSQL can have.
    MODEL0057: Config, "this cannot be the name of a role",
        "a role name has 1 to 63 bytes and does not start with pg_";

    // ---- Sizes

    /// A size that no class holds.
    MODEL0060: Config, "no resource class holds this size",
        "add a larger class to the PlatformServices, or ask for less";
    /// Requests above limits.
    MODEL0061: Config, "the request is above the limit", "raise the limit or lower the request";
    /// A class that could run nothing.
    MODEL0062: Config, "the resource class cannot be used",
        "a class needs processor and memory above zero, slots from 1 to 1000, and a name other \
         than `workflows`";

    // ---- Endpoints

    /// A credential whose name is no variable and no folder.
    MODEL0070: Config, "the name of a credential cannot be looked up",
        "name it with letters, digits, `_`, `-` and `.`, starting with a letter or digit, at most \
         63 characters; it names a role or a secret, it is not one";
    /// A certificate authority that nobody asks.
    MODEL0071: Config, "`ca` has no effect with this mode of TLS",
        "write `mode: verify-full` (or `verify-ca`), or leave `ca` out";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ordered() {
        let ids: Vec<&str> = ALL.iter().map(|code| code.id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("MODEL") && id.len() == 9));
        assert!(ALL.iter().all(|code| !code.help.contains("  ")), "a broken line");
    }
}
