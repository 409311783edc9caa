//! Codes of the engine. One per situation; a number is never reused.

teal_model::codes! {
    /// Cancelled.
    ENGINE0001: Transient, "the work was cancelled",
        "nothing was committed; the stream takes the batch up again by itself";

    /// A statement failed in a way that Teal does not know.
    PG0001: Bug, "PostgreSQL refused a statement",
        "this is not expected: report it with the SQLSTATE and the names above";
    /// Connection trouble.
    PG0002: Transient, "the connection to PostgreSQL failed",
        "check that the server is up and reachable; the stream goes on by itself";
    /// Login refused.
    PG0003: Config, "PostgreSQL refused the login",
        "check user and password of the credential and the server's pg_hba.conf";
    /// Missing privilege.
    PG0004: Config, "the role lacks a privilege",
        "grant what the message names to the role of this credential";
    /// Deadlock, serialization failure, lock timeout, terminated by an administrator.
    PG0005: Transient, "PostgreSQL interrupted the transaction",
        "nothing was committed; it is tried again";
    /// Disk full, out of memory, too many connections.
    PG0006: Config, "the PostgreSQL server is out of a resource",
        "free the resource that the message names; the stream probes on schedule and heals by \
         itself";
    /// Unknown table, column, schema, function or database.
    PG0007: Config, "an object that the model names does not exist in PostgreSQL",
        "compare the model with the database (`teal plan` shows the difference)";
    /// A value or constraint violation.
    PG0008: Data, "PostgreSQL refused a value",
        "look at the rows of the dataset named above at the source";

    /// Too many connections: a resource that frees itself.
    PG0009: Transient, "the PostgreSQL server has no connection left",
        "raise max_connections or lower max_sessions of the source; it is tried again";

    /// TLS asked for, and not offered.
    PG0020: Config, "the PostgreSQL server offers no TLS",
        "set `ssl = on` and a certificate at the server, or, where the network is trusted, say \
         `tls: {mode: prefer}`";
    /// A server that is not who it should be.
    PG0021: Config, "the certificate of the PostgreSQL server is not trusted",
        "name its certificate authority by `tls: {ca: …}` (`sslrootcert=` in TEAL_CATALOG), and \
         connect by a name that stands in the certificate";
    /// Certificates of our own that are no use.
    PG0022: Config, "a certificate or key for PostgreSQL cannot be used",
        "mend the file or credential that the message names: PEM text, the key belonging to the \
         certificate";
    /// A server that does not accept our certificate.
    PG0023: Config, "the PostgreSQL server refused the encrypted connection",
        "check the client certificate of the credential and the server's ssl_ca_file";

    /// Another program at the port.
    PG0024: Transient, "what answers is not PostgreSQL",
        "another program listens there: correct host and port";

    /// A server that found its own files damaged.
    PG0025: Bug, "the PostgreSQL server found damage in its own data",
        "its administrator has to look: keep a copy of its files, find out how far it goes (pg_amcheck), \
         repair or restore; then `teal retry <stream>` and `teal verify <stream>`";

    /// A native type that Teal does not carry.
    PG0010: Config, "Teal does not carry this type",
        "say `text` for a type of an extension or of a user (its values are carried as PostgreSQL \
         prints them), use a built-in type, or leave the column out of the model";
    /// A key that cannot be compared.
    PG0011: Config, "values of this type have no order, so a key cannot hold them",
        "choose other columns for the key, in the Datastore: `datasets: {<dataset>: {key: […]}}`";

    /// The source table differs from the model.
    SOURCE0010: Config, "the source differs from the model",
        "mend the source, or say in its Datastore what is meant (`teal discover --store <store>` takes \
         over what changed), and apply; the stream heals by itself";
    /// There is no such table at the source, or it cannot be read.
    SOURCE0011: Config, "the source has no such table or view",
        "compare the dataset's `table` with the source; where it was renamed or dropped, `teal \
         discover --store <store>` shows what follows";
    /// Row-level security would hide rows.
    SOURCE0012: Config, "row-level security hides rows of the source from the credential",
        "give the role BYPASSRLS, or read a view that says which rows are meant";
    /// A snapshot that holds the source's vacuum back for too long.
    SOURCE0013: Data, "the source's snapshot got too old",
        "the load takes longer than a snapshot may live: give the stream more resources or fewer \
         rows";
    /// One row that would take too much memory.
    SOURCE0014: Data, "a row is larger than Teal carries",
        "leave the large column out of the model, or shorten the value at the source";
    /// A copy whose end does not add up.
    SOURCE0015: Transient, "the copy from the source ended early",
        "nothing was merged; the stream reads again by itself";
    /// A server that is too old.
    SOURCE0016: Config, "the source's PostgreSQL is too old", "Teal reads PostgreSQL 14 and later";
    /// A column of a type that no model holds.
    SOURCE0017: Config, "the source has a column of a type that Teal does not carry",
        "leave the column out of the model (`teal discover` leaves it out by itself), or read a view of \
         the source that casts it to text";
    /// A privilege that the source's credential lacks.
    SOURCE0018: Config, "the source's credential may not read the table",
        "as the owner at the source: grant usage on the schema, and select on the table, to its role";
    /// A key that is not one.
    SOURCE0019: Data, "the key of the dataset is not unique at the source",
        "say in the Datastore which columns are unique there (`datasets: {<dataset>: {key: […]}}`), or \
         mend the rows at the source";
    /// NULL where the model says that there is none, seen before a batch meets it.
    SOURCE0020: Data, "the source holds NULL where the model says that there is none",
        "say `nullable: true` for the column in the Datastore's `datasets:` (a key column must hold a \
         value), or mend the rows at the source";

    /// NULL where the model says that there is none.
    STAGE0001: Data, "a column that the model says is never NULL holds NULL",
        "mend the rows at the source, or say `nullable: true` for the column in the Datastore's \
         `datasets:` (a key column must hold a value)";

    /// Two rows of one key.
    MERGE0001: Data, "the source holds one key twice",
        "mend the rows at the source, or say in the Datastore which columns are unique there \
         (`datasets: {<dataset>: {key: […]}}`)";
    /// The guard against a source that was emptied by mistake.
    MERGE0002: Data, "the batch would delete more rows than max_delete allows",
        "look at the source; if the rows are meant to go, `teal run <stream> --accept`";
    /// The statement changed other rows than the delta said.
    MERGE0003: Transient, "the merge met other rows than its delta",
        "nothing was committed; the next try compares the whole dataset";

    /// Objects of others stand on one of ours.
    DDL0001: Config, "objects that are not Teal's depend on a table or view that has to change",
        "drop or move them yourself (Teal never drops what it did not make), then apply again";
    /// A name that somebody else has taken.
    DDL0002: Config, "a name that Teal needs is taken by something else",
        "rename or drop what has this name, or choose another one in the model";
    /// Roles that we may not manage.
    DDL0003: Config, "the merge credential may not manage reader roles",
        "give its role CREATEROLE, or say `roles: external` in the model";
    /// Schemas that we may not create.
    DDL0004: Config, "the merge credential may not create schemas",
        "as the owner of the database: grant create on database <database> to <its role>";
    /// A member that does not exist.
    DDL0005: Config, "a member of a reader role does not exist",
        "create the role, or take it out of the workspace's members";
    /// A retired table whose days are not over.
    DDL0006: Config, "the retired table is still kept",
        "wait until then, or drop it all the same with `--now`";

    /// A platform that would keep its data in another way.
    PLAN0001: Config, "the style of a platform never changes in place",
        "add a second platform of the wanted style and assign the workspaces to it";
    /// No such plan.
    PLAN0002: Config, "there is no such plan",
        "make one with `teal plan`; its hash is printed at the end";
    /// A stored plan or release that cannot be read.
    PLAN0003: Config, "a stored plan or release cannot be read by this version",
        "apply with the version that made the plan, or make the plan again";
    /// Another database in the model than the one that holds the rows.
    PLAN0004: Config, "the merge store would move to another database",
        "tables and ledger do not follow: move the database itself (a dump, a replica) and name its \
         new address, or install the model in a new catalog";
    /// A merge store that another catalog writes to.
    PLAN0005: Config, "the merge store belongs to another catalog",
        "point TEAL_CATALOG to that catalog, or give this one a merge database of its own";
    /// Steps of a plan that are not what would be done now.
    PLAN0006: Config, "the plan is no longer true",
        "run `teal plan` again and look at what it says now";
    /// The sources are not what the model says.
    PLAN0020: Config, "the model wants what its sources do not have",
        "mend the model or the source as each line says; `teal validate --live` checks without a plan";

    /// Something else was installed since the plan was made.
    APPLY0001: Config,
        "the plan is no longer true: another release was installed since it was made",
        "run `teal plan` again and look at what it says now";
    /// Two at once.
    APPLY0002: Config, "another apply is running",
        "wait until it is through; `teal apply` again then";
    /// An apply that lost its right.
    APPLY0003: Config, "this plan is not being applied (any more)",
        "another apply took over after this one was silent; run `teal plan` again";
    /// A stream that answered and yet is not in place.
    APPLY0004: Transient, "the stream did not take its configuration over",
        "look at `teal status` for the reason; applying again goes on from here";
    /// A step that the plan does not have.
    APPLY0005: Bug, "the plan has no such step", "report it";
    // APPLY0006 is taken: it once said what LEDGER0013 says.
    /// A first load that does not come, and views wait for it.
    APPLY0007: Config, "a stream that views are about to move to did not load",
        "views show what they showed; mend what the stream says (`teal status`) and apply again";

    /// A credential that is nowhere to be found.
    CRED0001: Config, "a credential is missing",
        "set the variables or files that the message names, where the work runs";
    /// A credential's name that could leave its folder.
    CRED0002: Config, "the name of a credential cannot be looked up",
        "correct `credential:` in the model and apply it again";
    /// A credential that is there and no use.
    CRED0003: Config, "a credential cannot be used",
        "mend the file or variable that the message names, where the work runs";

    /// A stream that the control catalog does not hold.
    LEDGER0001: Fenced, "the catalog holds no such stream",
        "compare the name with `teal status`; a stream appears by `teal apply`";
    /// Another attempt owns the batch.
    LEDGER0002: Fenced, "a newer attempt owns the batch",
        "nothing was changed; the stream reads the ledger and goes on by itself";
    /// The request was made with a configuration that is no longer the newest.
    LEDGER0003: Fenced, "the stream's configuration changed",
        "the stream reads the new one, alters its tables and goes on by itself";
    /// Paused or retired by a person.
    LEDGER0004: Fenced, "the stream is not meant to run",
        "`teal resume <stream>` lets a paused stream run again";
    /// Staging is not what the mark says.
    LEDGER0005: Fenced, "staged rows were lost before they were merged",
        "the batch returned to started and is read again by itself (UNLOGGED staging is emptied \
         by a crash of the merge store)";
    /// Counts that a merge reports do not belong to the batch.
    LEDGER0006: Bug, "the merge reports other tables than were staged",
        "this is not expected: report it with the names above";
    /// An ingested batch must be merged before its tables are altered.
    LEDGER0007: Fenced, "a batch is staged and not merged yet",
        "the stream merges it first and goes on by itself";
    /// An intent in other words than run, paused, retired.
    LEDGER0008: Config, "no such intent", "say `run`, `paused` or `retired`";
    /// The 32-bit batch number is used up.
    LEDGER0009: Config, "the stream has no batch number left",
        "retire the stream and let the model name it anew";
    /// A newer Teal migrated the catalog.
    LEDGER0010: Config, "the catalog was made by a newer Teal",
        "use the newer program; an older one would not understand what stands there";
    /// An applied migration has another text than ours.
    LEDGER0011: Config, "the catalog was made by another build of Teal",
        "use the program that made it; a catalog of an unreleased build has to be made anew";
    /// The catalog is not there or older.
    LEDGER0012: Config, "the catalog is older than this program, or not there",
        "`teal apply` creates and migrates it";
    /// Another ecosystem's database.
    LEDGER0013: Config, "the catalog belongs to another ecosystem",
        "point TEAL_CATALOG to this ecosystem's database, or give the new ecosystem one of its own";

    /// A merge store that was restored from a backup.
    LEDGER0014: Fenced, "the ledger lost batches that the stream remembers",
        "the merge store was restored: the stream begins a new incarnation and goes on by itself";

    /// A reset without an open batch.
    LEDGER0040: Config, "there is no open batch to reset",
        "a committed batch stays as it is; `teal run` reads the source again, `teal resync` \
         compares every row";
    /// A resync of a dataset that the stream does not have.
    LEDGER0041: Config, "the stream has no such dataset",
        "name datasets of the stream (`teal status <stream>` lists them), or none for all of them";
    /// Nothing to take back.
    LEDGER0042: Config, "there is no resync to take back",
        "it is done already, or nobody asked for one; `teal status <stream>` shows what is wanted";
    /// A batch that a person gave up while an attempt worked on it.
    LEDGER0043: Fenced, "a person reset the batch",
        "nothing of it was merged; the stream reads the source again under a new number by itself";

    /// A schema that the source does not have.
    SOURCE0040: Config, "the source has no such schema",
        "write the name as the source has it, upper and lower case included; `there_are` lists all";

    /// All sessions of a source are taken for very long.
    SOURCE0050: Transient, "no session at the source became free",
        "raise `max_sessions` of the source, or spread the schedules of its streams";

    /// The tables were altered or rebuilt between two looks.
    VERIFY0001: Transient, "the stream's tables changed while they were verified",
        "verify again: what was seen before the change says nothing of the tables as they are now";
    /// Nothing tells damage from a source that changed.
    VERIFY0002: Transient, "no batch was committed that began after the first look",
        "run a batch (`teal run <stream>`) and verify again";
}
