//! TLS to PostgreSQL: who is believed, and what is said when not.

use std::{fs, path::Path};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use teal_activities::{
    Io, code,
    pg::{self, Address},
};
use teal_devstack::{Options, Progress, Single};
use teal_model::{
    Result,
    release::{CredentialStore, PostgresEndpoint, Tls, TlsMode},
};
use tempfile::TempDir;

use crate::testkit::{LIMIT, eventually, tls::Authority};

/// A PostgreSQL of its own and a folder of credentials.
struct World {
    server: Single,
    secrets: TempDir,
}

impl World {
    async fn new() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut options = Options::private(project, Progress::silent());
        options.name = format!("test-{}-tls", std::process::id());
        let server = Single::up(&options).await.expect("a server");
        let world = Self { server, secrets: tempfile::tempdir().expect("a folder") };
        let address = Address::parse(world.server.url()).expect("its URL");
        let url = world.server.url();
        let password = url.split(':').nth(2).and_then(|rest| rest.split('@').next());
        world.secret("admin/username", address.user());
        world.secret("admin/password", password.expect("a password"));
        world
    }

    fn secret(&self, path: &str, text: &str) {
        let path = self.secrets.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn endpoint(&self, host: &str, credential: &str, tls: Tls) -> PostgresEndpoint {
        PostgresEndpoint {
            host: host.into(),
            port: self.server.port(),
            database: "postgres".into(),
            credential: credential.into(),
            user: None,
            tls: Some(tls),
            max_sessions: 4,
        }
    }

    /// Connects as a worker does; answers whether the connection is encrypted.
    async fn connect(&self, endpoint: &PostgresEndpoint) -> Result<bool> {
        let dir = self.secrets.path().to_str().expect("a plain name").to_owned();
        let catalog = Address::parse(self.server.url()).expect("its URL");
        let io = Io::new(catalog, CredentialStore::Files { dir }, "test", 1);
        encrypted(io.connect(endpoint, "test").await?).await
    }

    /// The code of a refused connection to `host`.
    async fn refused(&self, host: &str, mode: TlsMode, ca: Option<&str>) -> teal_model::Code {
        let tls = Tls { mode, ca: ca.map(str::to_owned) };
        self.connect(&self.endpoint(host, "admin", tls)).await.unwrap_err().code()
    }

    async fn accepted(&self, host: &str, mode: TlsMode, ca: Option<&str>) -> bool {
        let tls = Tls { mode, ca: ca.map(str::to_owned) };
        self.connect(&self.endpoint(host, "admin", tls)).await.unwrap()
    }

    async fn run(&self, statements: &[&str]) {
        let mut connection = PgConnection::connect(self.server.url()).await.unwrap();
        for statement in statements {
            connection.execute(AssertSqlSafe((*statement).to_owned())).await.unwrap();
        }
        connection.close().await.unwrap();
    }
}

async fn encrypted(mut connection: PgConnection) -> Result<bool> {
    let ssl = sqlx::query_scalar("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    Ok(ssl)
}

#[tokio::test]
async fn a_server_is_believed_as_far_as_the_model_says() {
    use TlsMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
    let world = World::new().await;
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger"));
    let server = authority.issue("127.0.0.1");
    world.secret("ca.pem", &authority.pem);
    world.secret("stranger.pem", &stranger.pem);

    // without TLS at the server
    assert_eq!(world.refused("127.0.0.1", Require, None).await, code::PG0020);
    assert!(!world.accepted("127.0.0.1", Prefer, None).await);

    world.server.put("server.crt", &server.certificate).unwrap();
    world.server.put("server.key", &server.key).unwrap();
    world.server.put("clients.crt", &authority.pem).unwrap();
    let hba = "hostssl all certified 127.0.0.1/32 cert\nhost all all 127.0.0.1/32 scram-sha-256\n";
    world.server.put("pg_hba.conf", hba).unwrap();
    world
        .run(&[
            "create role certified login",
            "alter system set ssl_ca_file = 'clients.crt'",
            "alter system set ssl = on",
            "select pg_reload_conf()",
        ])
        .await;
    eventually("the server offers TLS", LIMIT, || async {
        let require = Tls { mode: Require, ca: None };
        world.connect(&world.endpoint("127.0.0.1", "admin", require)).await.ok()
    })
    .await;

    // a relative path starts at the folder of the credentials
    assert!(world.accepted("127.0.0.1", VerifyFull, Some("ca.pem")).await);
    assert!(world.accepted("localhost", VerifyCa, Some("ca.pem")).await);
    assert!(world.accepted("127.0.0.1", Prefer, None).await);
    assert!(!world.accepted("127.0.0.1", Disable, None).await);
    assert_eq!(world.refused("localhost", VerifyFull, Some("ca.pem")).await, code::PG0021);
    assert_eq!(world.refused("127.0.0.1", VerifyFull, Some("stranger.pem")).await, code::PG0021);
    assert_eq!(world.refused("127.0.0.1", VerifyFull, None).await, code::PG0021);
    assert_eq!(world.refused("127.0.0.1", VerifyFull, Some("nowhere.pem")).await, code::PG0022);

    client_certificates(&world, &authority, &stranger).await;
    catalog_url(&world).await;
    world.server.end().await.unwrap();
}

/// A role that logs in by certificate: part of its credential, as Kubernetes mounts it.
async fn client_certificates(world: &World, authority: &Authority, stranger: &Authority) {
    let tls = || Tls { mode: TlsMode::VerifyFull, ca: None };
    let endpoint = world.endpoint("127.0.0.1", "certified", tls());
    world.secret("certified/username", "certified");
    world.secret("certified/ca.crt", &authority.pem);
    let missing = world.connect(&endpoint).await.unwrap_err();
    assert_eq!(missing.code(), code::PG0003, "{missing:?}");
    for (issuer, works) in [(stranger, false), (authority, true)] {
        let client = issuer.issue("certified");
        world.secret("certified/tls.crt", &client.certificate);
        world.secret("certified/tls.key", &client.key);
        let connected = world.connect(&endpoint).await;
        assert_eq!(connected.is_ok(), works, "{connected:?}");
        if let Err(error) = connected {
            assert_eq!(error.code(), code::PG0023, "{error:?}");
        }
    }
}

/// The same, said by the URL of the catalog.
async fn catalog_url(world: &World) {
    let connect = |parameters: String| async move {
        let url = format!("{}?{parameters}", world.server.url());
        let options = Address::parse_catalog(&url).unwrap().options()?;
        encrypted(pg::connect(&options).await?).await
    };
    let ca = world.secrets.path().join("ca.pem").display().to_string();
    let stranger = world.secrets.path().join("stranger.pem").display().to_string();
    assert!(connect(format!("sslmode=verify-full&sslrootcert={ca}")).await.unwrap());
    assert!(!connect("sslmode=disable".into()).await.unwrap());
    let refused = connect(format!("sslmode=require&sslrootcert={stranger}")).await.unwrap_err();
    assert_eq!(refused.code(), code::PG0021, "{refused:?}");
}
