//! Codes of the Temporal client. One per situation; a number is never reused.

teal_model::codes! {
    /// The server does not answer.
    TEMPORAL0001: Transient, "the Temporal server cannot be reached",
        "check that it runs and that TEMPORAL_ADDRESS (default 127.0.0.1:7233) names it";
    /// Nonsense in the environment or in `temporal.toml`.
    TEMPORAL0002: Config, "the Temporal settings of the environment cannot be used",
        "check the TEMPORAL_* variables and temporal.toml (`temporal config list`)";
    /// A server that is not who it should be.
    TEMPORAL0020: Config, "the certificate of the Temporal server is not trusted",
        "name its certificate authority by TEMPORAL_TLS_SERVER_CA_CERT_PATH, and the name in its \
         certificate by TEMPORAL_TLS_SERVER_NAME where that is not the address";
    /// A server that wants to know who we are.
    TEMPORAL0021: Config, "the Temporal server refused the encrypted connection",
        "check the client certificate: TEMPORAL_TLS_CLIENT_CERT_PATH, \
         TEMPORAL_TLS_CLIENT_KEY_PATH, or those of temporal.toml";
    /// A server without TLS.
    TEMPORAL0022: Config, "the Temporal server does not speak TLS",
        "check TEMPORAL_ADDRESS; an API key or any TEMPORAL_TLS_* switches TLS on, \
         TEMPORAL_TLS=false off";
    /// No such namespace.
    TEMPORAL0003: Config, "the Temporal namespace does not exist",
        "create it with `temporal operator namespace create -n <name>` or correct \
         `temporal.namespace` of the platform services";
    /// No open workflow of that id.
    TEMPORAL0004: Config, "there is no running workflow with this id",
        "`teal apply` starts the workflow of every stream of the installed release; `teal status` \
         lists them";
    /// A validator said no.
    TEMPORAL0005: Config, "the request was refused",
        "the reason stands above; `teal status` shows the state of the stream";
    /// The workflow is there but nothing runs it.
    TEMPORAL0006: Transient, "nobody answered in time",
        "check that a worker runs with --workflows for these platform services (`teal worker \
         --workflows`); a request that was accepted is still carried out";
    /// The workflow of this id belongs to somebody else.
    TEMPORAL0007: Config, "the open workflow of this id belongs to another catalog",
        "two installations share this Temporal namespace; give one a namespace of its own, or \
         terminate the foreign workflow if its catalog is gone";
    /// Anything else that the server says.
    TEMPORAL0008: Transient, "the Temporal server refused a request",
        "the cause stands below; it is tried again where that can help";
    /// An answer that this version cannot read.
    TEMPORAL0009: Bug, "an answer of a workflow cannot be read",
        "the workflow was started by something else than Teal, or by a version that this one \
         cannot talk to";
    /// Login refused.
    TEMPORAL0010: Config, "the Temporal server refused the login",
        "check TEMPORAL_API_KEY or the TLS certificates (TEMPORAL_TLS_*) and the rights of their \
         owner";
    /// A newer configuration took the place of the one that was asked for.
    TEMPORAL0011: Config, "the stream runs another configuration than the one that was asked for",
        "somebody applied another release at the same time; run `teal plan` again";
    /// The stream answered with a failure of its own.
    TEMPORAL0012: Config, "the stream could not take over its configuration",
        "the failure of the stream stands above; mend its cause and apply again";
    /// The workflow's task fails whoever tries it.
    TEMPORAL0013: Transient, "no worker can take the workflow further",
        "`teal status` says what the worker said; after a rollback bring the newer workers back, \
         else end the workflow (`temporal workflow terminate -w <id>`) and apply again";
}
