//! Requests as the engine reads them, where the client spells them otherwise.

use bollard::BollardRequest;
use bytes::Bytes;

use crate::rules::ApiVersion;

/// What is changed in each request of one client.
#[derive(Debug, Clone)]
pub(super) struct Amendment {
    api: ApiVersion,
    path: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
}

impl Amendment {
    /// The version in the path: the client leaves it out, and then each engine would answer in its newest.
    pub fn version(api: ApiVersion) -> Self {
        Self { api, path: None, headers: Vec::new(), query: Vec::new(), body: None }
    }

    /// Another path, with its query, than the client would ask.
    #[must_use]
    pub fn path(mut self, path: &'static str) -> Self {
        self.path = Some(path);
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// One more parameter; a name may come more than once.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A client that speaks so. It replaces whatever was amended before.
    pub fn apply(self, client: &bollard::Docker) -> bollard::Docker {
        client.clone().with_request_modifier(move |request| self.amend(request))
    }

    fn amend(&self, mut request: BollardRequest) -> BollardRequest {
        let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let path = self.path.unwrap_or(asked);
        let mut path = format!("/v{}{path}", self.api);
        for (name, value) in &self.query {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&format!("{name}={}", encode(value)));
        }
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path.parse().expect("an encoded query is part of an address"));
        *request.uri_mut() = parts.try_into().expect("only the path of an address was changed");
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, value.parse().expect("Base64 and JSON of ASCII fit into a header"));
        }
        match &self.body {
            Some(body) => request.map(|_| bollard::body_full(body.clone())),
            None => request,
        }
    }
}

/// Percent-encoding of everything that is not unreserved (RFC 3986).
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_byte_by_byte() {
        assert_eq!(encode("a=b&ü"), "a%3Db%26%C3%BC");
    }
}
