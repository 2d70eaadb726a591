//! The client's errors in plain words.

use std::error::Error as _;
use std::io;

use bollard::errors::Error;

use crate::engine::EngineError;

/// What most calls need: the engine's own words, told apart by its status code.
pub(super) fn plain(error: Error) -> EngineError {
    match error {
        Error::DockerResponseServerError { status_code, message } => answered(status_code, &message),
        Error::DockerStreamError { error } => EngineError::Refused(tidy(&error)),
        Error::DockerContainerWaitError { error, .. } => EngineError::Refused(tidy(&error)),
        Error::RequestTimeoutError => EngineError::Broken("no answer in time".to_owned()),
        Error::JsonDataError { message, .. } => {
            EngineError::Refused(format!("an answer that makes no sense: {message}"))
        }
        Error::JsonSerdeError { err } => EngineError::Refused(format!("an answer that makes no sense: {err}")),
        other => EngineError::Broken(cause(&other)),
    }
}

/// An answer of the engine that is no success.
fn answered(status: u16, message: &str) -> EngineError {
    let message = tidy(message);
    if let Some(port) = taken_port(&message) {
        return EngineError::PortTaken { port, cause: message };
    }
    // Podman says 500 to everything.
    if message.contains("already in use by") || message.contains("volume already exists") {
        return EngineError::Conflict(message);
    }
    if message.contains("network not found") {
        return EngineError::NotFound(message);
    }
    match status {
        404 => EngineError::NotFound(message),
        409 => EngineError::Conflict(message),
        _ if message.is_empty() => EngineError::Refused(format!("status {status} without a word")),
        _ => EngineError::Refused(message),
    }
}

/// Names the image where the engine only says that it has none.
pub(super) fn without_image(image: &str, error: Error) -> EngineError {
    match plain(error) {
        EngineError::NotFound(cause) if cause.to_lowercase().contains("no such image") => {
            EngineError::NoImage { image: image.to_owned(), cause }
        }
        other => other,
    }
}

/// The system's words for a connection that cannot be made or that broke.
pub(super) fn cause(error: &Error) -> String {
    match system(error) {
        Some(error) => match error.kind() {
            io::ErrorKind::NotFound => "there is no such socket".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                "closed before the answer was complete".to_owned()
            }
            io::ErrorKind::TimedOut => "no answer in time".to_owned(),
            _ => lowercase(&error.to_string()),
        },
        None => match error {
            Error::SocketNotFoundError(_) => "there is no such socket".to_owned(),
            Error::RequestTimeoutError => "no answer in time".to_owned(),
            Error::CertPathError { path } => format!("the certificate {} cannot be read", path.display()),
            Error::CertParseError { path } => format!("the certificate {} is none", path.display()),
            Error::UnsupportedURISchemeError { uri } => format!("{uri} is no address of an engine"),
            other => lowercase(&innermost(other)),
        },
    }
}

/// The system's error at the root of a failed connection.
pub(super) fn system(error: &Error) -> Option<&io::Error> {
    if let Error::IOError { err } = error {
        return Some(err);
    }
    let mut source = error.source();
    let mut found = None;
    while let Some(error) = source {
        found = error.downcast_ref::<io::Error>().or(found);
        source = error.source();
    }
    found
}

fn innermost(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

/// The host port in the words of an engine that could not bind it.
fn taken_port(message: &str) -> Option<String> {
    if !["port is already allocated", "address already in use"].iter().any(|words| message.contains(words)) {
        return None;
    }
    // "Bind for 0.0.0.0:80 failed", "listen tcp4 0.0.0.0:80: bind", "failed to bind host port 0.0.0.0:80/tcp".
    let port =
        ["Bind for ", "listen tcp4 ", "listen tcp6 ", "listen tcp ", "listen udp4 ", "listen udp6 ", "listen udp "]
            .iter()
            .chain(&["failed to bind host port for ", "failed to bind host port ", "failed to bind port "])
            .find_map(|words| message.split_once(words))
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .map(|word| word.trim_end_matches([':', ',']))
            .map(|word| word.split_once('/').map_or(word, |(address, _)| address));
    // Without a port it is an address of a network that is taken.
    port.map(str::to_owned)
}

fn tidy(message: &str) -> String {
    lowercase(message.trim().trim_end_matches('.'))
}

/// Our messages begin in lowercase; a name or an abbreviation at the start stays as it is.
fn lowercase(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), &message[1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.to_owned() }
    }

    #[test]
    fn the_status_code_tells_absence_and_conflict_from_refusal() {
        assert_eq!(plain(server(404, "No such container: x")), EngineError::NotFound("no such container: x".into()));
        assert_eq!(
            plain(server(409, "Conflict. The name is in use.\n")),
            EngineError::Conflict("conflict. The name is in use".into())
        );
        assert_eq!(
            plain(server(500, "OCI runtime create failed")),
            EngineError::Refused("OCI runtime create failed".into())
        );
        assert_eq!(plain(server(502, "")), EngineError::Refused("status 502 without a word".into()));
    }

    #[test]
    fn a_taken_port_is_known_in_the_words_of_every_engine() {
        let messages = [
            "driver failed programming external connectivity on endpoint web (0a1b): Bind for 0.0.0.0:8080 failed: port is already allocated",
            "driver failed programming external connectivity on endpoint web (0a1b): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
            "failed to set up container networking: driver failed programming external connectivity on endpoint web (0a1b): failed to bind host port 0.0.0.0:8080/tcp: address already in use",
            "failed to set up container networking: driver failed programming external connectivity on endpoint web (0a1b): failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use",
        ];
        let ports = messages.map(|message| match plain(server(500, message)) {
            EngineError::PortTaken { port, .. } => port,
            other => panic!("{other:?}"),
        });
        assert_eq!(ports, ["0.0.0.0:8080", "0.0.0.0:8080", "0.0.0.0:8080", "0.0.0.0:8080:172.17.0.2:80"]);
    }

    #[test]
    fn an_absent_image_is_named() {
        let error = without_image("nginx:1", server(404, "No such image: nginx:1"));
        assert_eq!(error.to_string(), "image nginx:1 cannot be pulled: no such image: nginx:1");
    }

    #[test]
    fn a_broken_connection_leaves_it_open_whether_the_engine_acted() {
        let broken = |kind| plain(Error::IOError { err: io::Error::from(kind) }).to_string();
        assert_eq!(
            broken(io::ErrorKind::ConnectionReset),
            "the connection to the engine broke: closed before the answer was complete"
        );
        assert_eq!(broken(io::ErrorKind::ConnectionRefused), "the connection to the engine broke: connection refused");
        assert_eq!(plain(Error::RequestTimeoutError), EngineError::Broken("no answer in time".into()));
    }

    #[test]
    fn a_failure_inside_a_stream_is_the_engines_word() {
        let error = Error::DockerStreamError { error: "Unknown instruction: RUNN".into() };
        assert_eq!(plain(error), EngineError::Refused("unknown instruction: RUNN".into()));
    }
}
