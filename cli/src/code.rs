//! Codes of the command line. One per situation; a number is never reused.

teal_model::codes! {
    /// `TEAL_CATALOG` is not set.
    CLI0001: Config, "TEAL_CATALOG is not set",
        "set it to the database of the control catalog: export \
         TEAL_CATALOG=postgres://user:password@host:5432/database";
    /// `TEAL_CATALOG` cannot be read.
    CLI0002: Config, "TEAL_CATALOG is not the address of a PostgreSQL database",
        "write postgres://user:password@host:5432/database; in user and password write @ as %40, \
         / as %2F, : as %3A, # as %23, ? as %3F and % as %25";
    /// Output cannot be written.
    CLI0003: Transient, "the output could not be written",
        "look at where stdout goes: a full disk, a closed file";
    /// A model path that cannot be read.
    CLI0004: Config, "the model cannot be read",
        "give files, or folders with *.yaml files; without any, `model/` or else the current \
         folder is read";
    /// Nothing to compile.
    CLI0005: Config, "no model was found",
        "give the model's folder or files, such as `teal validate examples/tpch`";
    /// A destructive plan that nobody confirmed.
    CLI0006: Config, "the plan removes something and nobody said yes",
        "read the plan; `teal apply --yes` carries it out";
    /// The person said no.
    CLI0007: Config, "not applied", "nothing was changed";
    /// No worker to do the work.
    CLI0008: Config, "no worker takes the work",
        "start one with `teal worker`, or let this process do it with `--local`";
    /// Waiting was interrupted.
    CLI0009: Transient, "interrupted", "nothing is lost; the same command goes on where it stopped";
    /// A stream that the catalog does not know.
    CLI0010: Config, "there is no such stream",
        "`teal status` lists the streams; write <platform>/<store> or <platform>/<store>/<dataset>";
    /// The catalog is empty.
    CLI0011: Config, "nothing is installed in this catalog",
        "`teal apply` installs a model; check TEAL_CATALOG when something should be there";
    /// The apply workflow ended without success.
    CLI0012: Config, "the apply failed",
        "mend what the failed step names and run `teal apply` again: done steps are not repeated";
    /// A query that PostgreSQL refused.
    CLI0013: Config, "the query failed",
        "mend the query; it runs in a read-only transaction of TEAL_CATALOG's database";
    /// The batch of a run failed.
    CLI0014: Config, "the run did not commit a batch",
        "`teal status <stream>` shows what the stream is doing";
    /// A local run of a stream that is not meant to run.
    CLI0015: Config, "the stream is not meant to run",
        "`teal resume <stream>` ends a pause; a retired stream comes back by `teal apply` only";
    /// No development stack.
    CLI0016: Config, "there is no development stack here",
        "`teal dev up` makes one for the project of the current folder";
    /// Two applies at once.
    CLI0017: Config, "another plan is being applied",
        "wait until it is done, then run `teal apply` again: the plan is made anew";
    /// The system refuses something that a process needs.
    CLI0018: Config, "the system refused what this process needs",
        "the cause stands above: a limit of processes, threads or open files";

    /// A code that nobody knows.
    CLI0030: Config, "there is no such code", "`teal explain` lists all codes";

    /// Something dangerous that nobody confirmed.
    CLI0040: Config, "this needs a yes and nobody is there to say it",
        "read what it would do; the same command with `--yes` does it";
    /// The person said no.
    CLI0041: Config, "not done", "nothing was changed";
    /// A resync that is not done yet.
    CLI0042: Config, "the resync is not done",
        "it stands in the catalog and is done by the next batch that succeeds; \
         `teal resync <stream> --cancel` takes it back";
    /// A retired table that is not there.
    CLI0043: Config, "there is no such retired table",
        "`teal drop` lists them; a table that is in use retires when its dataset leaves the model and \
         `teal apply` has run";

    // ---- plan and apply

    /// A plan file that cannot be written.
    CLI0080: Config, "the plan file could not be written",
        "give `--out` a path in a folder that you may write to";
    /// Something else than a plan file.
    CLI0081: Config, "this is no plan file of this program",
        "`teal plan --out FILE` writes one; a plan is applied as it was written";
    /// Nothing to cancel.
    CLI0082: Config, "nothing is being applied",
        "`teal status` shows the streams; an apply with --local is stopped where it runs";

    // ---- init and discover

    /// A new model where there is one.
    CLI0050: Config, "there is something already",
        "choose another folder, or let `--force` write these files anew";
    /// A file that cannot be written.
    CLI0051: Config, "a file or folder cannot be written",
        "look at the path: its owner, its permissions, the disk";
    /// A name that no model may hold.
    CLI0052: Config, "the name breaks the rules for names",
        "names are a-z, then a-z, 0-9 and _, at most 63 characters, without `__`; names that start \
         with teal or pg_, and the names public and information_schema, are taken";
    /// Places that discover cannot use.
    CLI0053: Config, "this cannot be discovered",
        "write `teal discover postgres://user@host:port/database model/`; in user and password write @ \
         as %40, / as %2F, : as %3A, # as %23, ? as %3F and % as %25";
    /// A store that is not there, or one of several.
    CLI0054: Config, "it is not clear which datastore is meant",
        "name one of the model's by `--store`, or give the address of a new one: \
         postgres://user@host:port/database";
    /// Nobody, or several, could own a new store.
    CLI0055: Config, "it is not clear who owns what is new",
        "say `--team zone/team`; the model declares teams by `kind: Team`";
    /// A file that discover did not write.
    CLI0056: Config, "a file of this name is there already, and discover did not write it",
        "rename or remove it; discover changes only files that begin with its mark";
    /// A database without tables to look at.
    CLI0057: Config, "there is no table to look at",
        "name the schemas with `--schema`, and look at the patterns of `--table` and `--exclude`";

    // ---- status, batches and audit

    /// A workspace that the release does not have.
    CLI0070: Config, "there is no such workspace",
        "write one of the workspaces of the installed release, which stand above";
    /// A batch that the ledger does not hold.
    CLI0071: Config, "there is no such batch",
        "`teal batches <stream>` lists them; empty batches are forgotten after 30 days";
}
