//! An OpenID Connect provider on this machine: discovery, a JWKS, keys of its own, rotation.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{hmac as mac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Seconds since 1970.
pub(crate) fn seconds() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a token says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Claims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aud: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) azp: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) siret: Option<String>,
    pub(crate) email: &'static str,
}

impl Claims {
    /// Of an agent, for the ledger, for a minute.
    pub(crate) fn of(provider: &LocalProvider) -> Self {
        Self {
            iss: Some(provider.issuer()),
            aud: Some("registre".into()),
            azp: None,
            sub: Some("agent-1".into()),
            exp: Some(seconds() + 60),
            nbf: Some(seconds()),
            nonce: None,
            siret: Some("13002526500013".into()),
            email: "agent@exemple.fr",
        }
    }
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A key that signs.
pub(crate) struct Signer {
    kid: &'static str,
    pair: Pair,
}

impl Signer {
    pub(crate) fn es256(kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref());
        Self { kid, pair: Pair::Ec(pair.unwrap()) }
    }

    pub(crate) fn rs256(kid: &'static str) -> Self {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        Self { kid, pair: Pair::Rsa(RsaKeyPair::from_pkcs8(der.as_ref()).unwrap()) }
    }

    /// What is public of it: what who confuses algorithms takes for a secret.
    pub(crate) fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        self.sign_under(self.kid, claims)
    }

    fn sign_under(&self, kid: &str, claims: &Claims) -> String {
        let algorithm = match &self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        };
        let message = message(algorithm, kid, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", encoded(signature))
    }

    fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                    "x": encoded(&point[1..33]), "y": encoded(&point[33..])})
            }
            Pair::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                    "n": encoded(parts.n), "e": encoded(parts.e)})
            }
        }
    }
}

fn message(algorithm: &str, kid: &str, claims: &Claims) -> String {
    let header = json!({"typ": "JWT", "alg": algorithm, "kid": kid}).to_string();
    format!("{}.{}", encoded(header), encoded(serde_json::to_vec(claims).unwrap()))
}

/// A token that nobody signed.
pub(crate) fn unsigned(algorithm: &str, kid: &str, claims: &Claims) -> String {
    format!("{}.", message(algorithm, kid, claims))
}

/// A token whose secret is what everybody knows.
pub(crate) fn hmac(algorithm: &str, kid: &str, claims: &Claims, secret: &[u8]) -> String {
    let message = message(algorithm, kid, claims);
    let of = match algorithm {
        "HS256" => mac::HMAC_SHA256,
        "HS384" => mac::HMAC_SHA384,
        _ => mac::HMAC_SHA512,
    };
    let tag = mac::sign(&mac::Key::new(of, secret), message.as_bytes());
    format!("{message}.{}", encoded(tag))
}

/// The provider. Dropped, it stops answering.
pub(crate) struct LocalProvider {
    address: SocketAddr,
    signers: Vec<Signer>,
    published: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    held: Arc<AtomicBool>,
}

impl LocalProvider {
    pub(crate) fn start(signers: Vec<Signer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let started = Self {
            address,
            published: Arc::new(Mutex::new(jwks(&signers))),
            signers,
            asked: Arc::default(),
            stopped: Arc::default(),
            held: Arc::default(),
        };
        let (published, asked) = (Arc::clone(&started.published), Arc::clone(&started.asked));
        let (stopped, issuer) = (Arc::clone(&started.stopped), started.issuer());
        let held = Arc::clone(&started.held);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                while held.load(Ordering::SeqCst) {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                asked.fetch_add(1, Ordering::SeqCst);
                answer(connection.unwrap(), &issuer, &published.lock().unwrap());
            }
        });
        started
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often anything was asked of it.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn sign(&self, kid: &str, claims: &Claims) -> String {
        self.signer(kid).sign(claims)
    }

    /// Signed by one key, under the name of another.
    pub(crate) fn sign_as(&self, kid: &str, name: &str, claims: &Claims) -> String {
        self.signer(kid).sign_under(name, claims)
    }

    fn signer(&self, kid: &str) -> &Signer {
        self.signers.iter().find(|signer| signer.kid == kid).unwrap()
    }

    /// Publishes another key alone.
    pub(crate) fn rotate(&mut self, signer: Signer) {
        *self.published.lock().unwrap() = jwks(std::slice::from_ref(&signer));
        self.signers.push(signer);
    }

    /// Takes connections and answers none, or answers them now.
    pub(crate) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    pub(crate) fn stop(&self) {
        self.hold(false);
        self.stopped.store(true, Ordering::SeqCst);
        // The thread waits for one more connection.
        let _ = TcpStream::connect(self.address);
    }
}

impl Drop for LocalProvider {
    fn drop(&mut self) {
        self.stop();
    }
}

fn jwks(signers: &[Signer]) -> Value {
    // As real ones do, it has keys of kinds that are not accepted too.
    let mut keys: Vec<Value> = signers.iter().map(Signer::jwk).collect();
    keys.push(json!({"kty": "oct", "kid": "shared", "alg": "HS256", "k": encoded("secret")}));
    json!({ "keys": keys })
}

fn answer(mut connection: TcpStream, issuer: &str, keys: &Value) {
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let (status, body) = match request.split(' ').nth(1).unwrap() {
        "/.well-known/openid-configuration" => (
            "200 OK",
            json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks"),
                "authorization_endpoint": format!("{issuer}/authorize"),
                "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256"]}),
        ),
        "/jwks" => ("200 OK", keys.clone()),
        _ => ("404 Not Found", json!({})),
    };
    let body = body.to_string();
    let _ = write!(
        connection,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
}
