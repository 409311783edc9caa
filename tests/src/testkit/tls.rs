//! Certificates of a test's own, and a TLS front for the Temporal server, which has none.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http_body_util::{Either, Empty};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http2::SendRequest,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::temporal_address;

/// An authority that issues certificates.
pub(crate) struct Authority {
    /// Its own certificate.
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// For a server of this name or address, or for a client.
    pub(crate) fn issue(&self, name: &str) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}

/// API keys at a front: which pass, which were seen.
#[derive(Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<(Vec<String>, HashSet<String>)>>);

impl Keys {
    /// From now on only these pass; none: everything does.
    pub(crate) fn let_pass(&self, keys: &[&str]) {
        self.0.lock().expect("the keys").0 = keys.iter().map(|key| (*key).to_owned()).collect();
    }

    /// Whether any call had this one.
    pub(crate) fn has_seen(&self, key: &str) -> bool {
        self.0.lock().expect("the keys").1.contains(key)
    }

    fn passes(&self, sent: Option<&str>) -> bool {
        let (passing, seen) = &mut *self.0.lock().expect("the keys");
        let sent = sent.and_then(|sent| sent.strip_prefix("Bearer ")).unwrap_or_default();
        seen.insert(sent.to_owned());
        passing.is_empty() || passing.iter().any(|key| key == sent)
    }
}

/// A TLS front of the test's Temporal server; ends with the test's runtime.
pub(crate) async fn front(server: &Issued, clients: Option<&Authority>, keys: Keys) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(configuration(server, clients)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((socket, _peer)) = listener.accept().await {
            let (acceptor, keys) = (acceptor.clone(), keys.clone());
            tokio::spawn(async move {
                // A refused handshake is what some tests are about.
                let Ok(socket) = acceptor.accept(socket).await else { return };
                let upstream = upstream().await;
                let service =
                    service_fn(move |request| forward(request, upstream.clone(), keys.clone()));
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), service);
                serving.await.ok(); // the client went away
            });
        }
    });
    address
}

fn configuration(server: &Issued, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ClientCertVerifier> = match clients {
        None => Arc::new(NoClientAuth),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate(&authority.pem)).expect("an authority");
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .expect("a verifier")
        }
    };
    let key = PrivateKeyDer::from_pem_slice(server.key.as_bytes()).expect("a key");
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate(&server.certificate)], key)
        .expect("a certificate and its key");
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    configuration
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

async fn upstream() -> SendRequest<Incoming> {
    let socket = TcpStream::connect(temporal_address()).await.expect("the Temporal server");
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .expect("http2");
    tokio::spawn(connection);
    sender
}

async fn forward(
    request: Request<Incoming>,
    mut upstream: SendRequest<Incoming>,
    keys: Keys,
) -> Result<Response<Either<Incoming, Empty<Bytes>>>, hyper::Error> {
    let sent = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if keys.passes(sent) {
        return Ok(upstream.send_request(request).await?.map(Either::Left));
    }
    let refused = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", "16")
        .header("grpc-message", "the API key is unknown")
        .body(Either::Right(Empty::new()));
    Ok(refused.expect("an answer"))
}
