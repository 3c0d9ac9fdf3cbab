//! Certificates, TLS 1.3, and client certificates where they are wanted (ANSSI, TLS guide 1.2).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

/// How a server encrypts.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// Why a server cannot encrypt as it should.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no such thing.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The key is not the certificate's, or the authority is none.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

impl Tls {
    /// With the certificate chain and the key of two PEM files. With `client_ca`, a PEM file of
    /// authorities, whoever connects must show a certificate of one of them. TLS 1.3 alone, unless
    /// 1.2 is allowed.
    ///
    /// # Errors
    /// When a file holds no such thing, or they do not go together.
    pub fn of(
        certificate: &Path,
        key: &Path,
        client_ca: Option<&Path>,
        allow_tls_1_2: bool,
    ) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| TlsError::File { path: key.to_owned(), cause: error.to_string() })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions: &[_] = if allow_tls_1_2 { &[&TLS13, &TLS12] } else { &[&TLS13] };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)?;
        let builder = match client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(path)? {
                    roots.add(authority)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                let failed = |error: rustls::server::VerifierBuilderError| TlsError::File {
                    path: path.to_owned(),
                    cause: error.to_string(),
                };
                builder.with_client_cert_verifier(verifier.map_err(failed)?)
            }
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) fn accept(&self, socket: TcpStream) -> tokio_rustls::Accept<TcpStream> {
        self.0.accept(socket)
    }
}

/// The certificates of a PEM file: one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |cause: String| TlsError::File { path: path.to_owned(), cause };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|e| failed(e.to_string()))?;
    if found.is_empty() { Err(failed("no certificate is in it".to_owned())) } else { Ok(found) }
}
