//! A connection of its own to the engine, as bytes. The client hands out none that can be upgraded and kept.

use std::io;
use std::sync::Arc;

use camino::Utf8Path;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::super::address::{Address, Tls};
use super::super::tunnel::Tunnel;

/// Docker's port, where an address names none.
const PORT: u16 = 2375;

/// Bytes in both directions.
pub(super) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// Connects.
pub(super) async fn dial(address: &Address) -> io::Result<Box<dyn Line>> {
    let (scheme, rest) = address.url.split_once("://").unwrap_or(("", &address.url));
    match (scheme, &address.tls) {
        ("unix", _) => Ok(Box::new(UnixStream::connect(rest).await?)),
        ("ssh", _) => Ok(Box::new(Tunnel::open(rest)?)),
        (_, tls) => {
            let (host, port) = host_and_port(rest);
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            match tls {
                None => Ok(Box::new(stream)),
                Some(tls) => {
                    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
                    let tls = TlsConnector::from(Arc::new(trust(tls)?));
                    Ok(Box::new(tls.connect(name, stream).await?))
                }
            }
        }
    }
}

/// `host[:port][/path]`, an IPv6 host in brackets.
fn host_and_port(rest: &str) -> (&str, u16) {
    let host = rest.split('/').next().unwrap_or(rest);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().unwrap_or(PORT)),
        Some(_) | None => (host, PORT),
    };
    (name.trim_start_matches('[').trim_end_matches(']'), port)
}

fn trust(Tls { ca, cert, key }: &Tls) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(ca)?);
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let config = ClientConfig::builder().with_root_certificates(roots);
    config.with_client_auth_cert(certificates(cert)?, key).map_err(io::Error::other)
}

fn certificates(path: &Utf8Path) -> io::Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_leave_its_port_out() {
        assert_eq!(host_and_port("box:2376"), ("box", 2376));
        assert_eq!(host_and_port("box/"), ("box", PORT));
        assert_eq!(host_and_port("[::1]:99/path"), ("::1", 99));
        assert_eq!(host_and_port("[::1]"), ("::1", PORT));
    }
}
