//! A request that turns its connection into one of HTTP/2, for gRPC.

use hyper::Request;
use hyper::body::Body;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::http::HeaderValue;
use hyper::http::StatusCode;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;

use super::dial;
use crate::engine::EngineError;
use crate::engine::docker::address::Address;

/// Asks for it. The headers name the session.
///
/// # Errors
/// When the engine does not answer, or has no such path.
pub(super) async fn upgrade(
    address: &Address,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Upgraded, EngineError> {
    let broken = |error: &dyn std::error::Error| EngineError::Broken(error.to_string());
    let line = dial::dial(address).await.map_err(|error| broken(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(line)).await.map_err(|error| broken(&error))?;
    // It ends with the connection, which whoever asked holds in its hands.
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::post(path).body(String::new()).expect("a path of our own is an address");
    let own = request.headers_mut();
    own.insert(HOST, HeaderValue::from_static("docker"));
    own.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    own.insert(UPGRADE, HeaderValue::from_static("h2c"));
    for (name, value) in headers {
        own.append(*name, value.parse().expect("names and ids are ASCII"));
    }
    let mut answer = sender.send_request(request).await.map_err(|error| broken(&error))?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let words = words(answer.body_mut()).await;
        return Err(EngineError::Refused(format!("no BuildKit session: status {}{words}", answer.status().as_u16())));
    }
    hyper::upgrade::on(answer).await.map_err(|error| broken(&error))
}

/// The beginning of an answer's text, behind `: `.
async fn words(body: &mut hyper::body::Incoming) -> String {
    let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx)).await;
    let data = frame.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
    data.map(|data| format!(": {}", String::from_utf8_lossy(&data).trim())).unwrap_or_default()
}
