//! Why a build failed: BuildKit's words, and the place in the Dockerfile if it names one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::google::rpc;
use prost::Message;
use serde::Deserialize;
use tonic::Status;

/// What BuildKit says before it comes to the point.
const PREFIXES: [&str; 5] = [
    "failed to solve with frontend dockerfile.v0: ",
    "failed to solve with frontend gateway.v0: ",
    "failed to solve: ",
    "failed to build LLB: ",
    "failed to create LLB definition: ",
];

/// `Dockerfile:3: …`, or the words alone.
pub(super) fn message(status: &Status, dockerfile: &str) -> String {
    let words = plain(status.message());
    if words.contains("unsupported frontend capability moby.buildkit.frontend.contexts") {
        return "the engine's Dockerfile frontend is too old for additional_contexts: begin the Dockerfile with \
                `# syntax=docker/dockerfile:1`, or use Docker Engine 23.0 or newer"
            .to_owned();
    }
    if words.contains("granting entitlement") {
        return format!("{words}: the engine's daemon.json must allow it, under `builder.entitlements`");
    }
    match line(status.details()) {
        // A mistake of grammar names its line by itself.
        Some(line) if !words.contains(&format!("line {line}")) => format!("{dockerfile}:{line}: {words}"),
        Some(_) | None => words,
    }
}

/// Whether the words are not the engine's but those of a connection that broke.
pub(super) fn is_broken(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

fn plain(message: &str) -> String {
    let mut words = message.trim();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| words.strip_prefix(prefix)) {
        words = rest;
    }
    // An answer of ours that it passes on.
    let passed_on = words.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = "));
    passed_on.map_or(words, |(_, rest)| rest).to_owned()
}

/// A place in a source, as it stands beside an error (BuildKit, `errdefs.Source`).
#[derive(Deserialize)]
struct Source {
    info: Option<Info>,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Deserialize)]
struct Info {
    /// The Dockerfile, in Base64.
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
struct Range {
    start: Position,
}

#[derive(Deserialize)]
struct Position {
    #[serde(default)]
    line: usize,
}

fn line(details: &[u8]) -> Option<usize> {
    let rpc::Status { details, .. } = rpc::Status::decode(details).ok()?;
    // The innermost comes last, and that is the instruction.
    details.iter().rev().filter(|detail| detail.type_url.contains("errdefs.Source")).find_map(|detail| {
        let Source { info, ranges } = serde_json::from_slice(&detail.value).ok()?;
        let line = ranges.first()?.start.line;
        let text = info.and_then(|info| STANDARD.decode(info.data).ok());
        // A place past the end is one of another text.
        let lines = text.map_or(usize::MAX, |text| text.split(|byte| *byte == b'\n').count());
        (1..=lines).contains(&line).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard_buildkit_proto::google::protobuf::Any;
    use tonic::Code;

    #[test]
    fn the_place_and_the_point_are_what_is_left() {
        let detail = Any {
            type_url: "github.com/moby/buildkit/errdefs.Source+json".into(),
            value: br#"{"info":{"filename":"Dockerfile","data":"RlJPTSB4ClJVTiB5Cg=="},"ranges":[{"start":{"line":2},"end":{"line":2}}]}"#
                .to_vec(),
        };
        let details = rpc::Status { details: vec![detail], ..rpc::Status::default() }.encode_to_vec();
        let told = "failed to solve with frontend dockerfile.v0: failed to build LLB: executor failed running [/bin/sh -c y]: exit code: 1";
        let status = Status::with_details(Code::Unknown, told, details.into());
        assert_eq!(
            message(&status, "app/Dockerfile"),
            "app/Dockerfile:2: executor failed running [/bin/sh -c y]: exit code: 1"
        );
        assert_eq!(message(&Status::unknown("failed to solve: no such image"), "Dockerfile"), "no such image");
    }
}
