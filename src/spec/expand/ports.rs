//! `ports` of a service: `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, with ranges.

use std::ops::RangeInclusive;

use super::Said;
use super::{MOST_PORTS, default, map_at, text};
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Node, Value};

/// Every port in long form; a range becomes one entry for each port.
pub fn ports(node: &mut Node, said: &mut Said<'_>) {
    let Value::List(list) = &mut node.value else { return };
    let mut long = Vec::with_capacity(list.len());
    for item in std::mem::take(list) {
        match &item.value {
            Value::Int(number) => long.extend(expanded(&item, &number.to_string(), said)),
            Value::Text(short) => long.extend(expanded(&item, short, said)),
            _ => long.push(item),
        }
    }
    for port in &mut long {
        let place = port.place.clone();
        if let Some(map) = port.as_map_mut() {
            default(map, "protocol", &place, "tcp");
            default(map, "mode", &place, "ingress");
        }
    }
    *list = long;
}

fn expanded(item: &Node, short: &str, said: &mut Said<'_>) -> Vec<Node> {
    match parse(short, *said.ports) {
        Ok(bindings) => {
            *said.ports -= bindings.len();
            bindings.iter().map(|binding| binding.node(item)).collect()
        }
        Err(message) => {
            let help = "such as `80`, `8080:80`, `127.0.0.1:5432:5432` or `53:53/udp`";
            said.push(Diagnostic::error(code::WRONG_VALUE, message).at(item.place.clone(), "").help(help));
            Vec::new()
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Binding {
    host_ip: String,
    published: String,
    target: u16,
    protocol: String,
}

impl Binding {
    fn node(&self, item: &Node) -> Node {
        let entries = [
            ("mode", text("ingress")),
            ("host_ip", text(&self.host_ip)),
            ("target", Some(Value::Int(self.target.into()))),
            ("published", text(&self.published)),
            ("protocol", text(&self.protocol)),
        ];
        Node::new(item.place.clone(), map_at(&item.place, entries))
    }
}

fn parse(short: &str, most: usize) -> Result<Vec<Binding>, String> {
    let (ports, protocol) = match short.split_once('/') {
        Some((ports, protocol)) => (ports, protocol.to_ascii_lowercase()),
        None => (short, "tcp".to_owned()),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("`{protocol}` is no protocol of ports; there are tcp, udp and sctp"));
    }
    let (rest, container) = ports.rsplit_once(':').map_or(("", ports), |(rest, container)| (rest, container));
    let (ip, host) = match rest.rsplit_once(':') {
        Some((ip, host)) => (ip, host),
        None => ("", rest),
    };
    let bare = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    if bare.is_none() && ip.parse::<std::net::Ipv6Addr>().is_ok() {
        return Err(format!("an IPv6 address stands in brackets: `[{ip}]`"));
    }
    let ip = bare.unwrap_or(ip);
    if !ip.is_empty() && ip.parse::<std::net::IpAddr>().is_err() {
        return Err(format!("`{ip}` is no IP address"));
    }
    if container.is_empty() {
        return Err("no port of the container is named".to_owned());
    }
    let targets = range(container)?;
    if targets.len() > most {
        return Err(format!("the ranges of this spec stand for more than {MOST_PORTS} ports"));
    }
    let published = if host.is_empty() { None } else { Some(range(host)?) };
    let mut bindings: Vec<_> = match published {
        None => targets.map(|target| (target, String::new())).collect(),
        // A range of the host for one port: the engine takes a free one.
        Some(published) if targets.len() == 1 && published.len() > 1 => {
            vec![(*targets.start(), format!("{}-{}", published.start(), published.end()))]
        }
        Some(published) if targets.len() == published.len() => {
            targets.zip(published).map(|(target, host)| (target, host.to_string())).collect()
        }
        Some(published) => {
            let (hosts, containers) = (published.len(), targets.len());
            return Err(format!(
                "the ranges differ in length: {hosts} ports of the host, {containers} of the container"
            ));
        }
    };
    // Compose orders the ports of a range by their text.
    bindings.sort_by_cached_key(|(target, _)| target.to_string());
    let binding =
        |(target, published)| Binding { host_ip: ip.to_owned(), published, target, protocol: protocol.clone() };
    Ok(bindings.into_iter().map(binding).collect())
}

fn range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let number =
        |text: &str| text.parse::<u16>().map_err(|_| format!("`{text}` is no port; ports are numbers up to 65535"));
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    if last < first { Err(format!("the range `{text}` ends before it begins")) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(short: &str) -> Vec<String> {
        let print = |b: Binding| format!("{}|{}|{}|{}", b.host_ip, b.published, b.target, b.protocol);
        parse(short, MOST_PORTS).expect("it is valid").into_iter().map(print).collect()
    }

    #[test]
    fn every_short_form_is_understood() {
        assert_eq!(read("80"), ["||80|tcp"]);
        assert_eq!(read("8080:80/UDP"), ["|8080|80|udp"]);
        assert_eq!(read("127.0.0.1::80"), ["127.0.0.1||80|tcp"]);
        assert_eq!(read("[::1]:8080:80"), ["::1|8080|80|tcp"]);
        assert_eq!(read("8000-9000:80"), ["|8000-9000|80|tcp"]);
        assert_eq!(read("19-20:9-10"), ["|20|10|tcp", "|19|9|tcp"]);
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for short in ["abc", "80:", "1-2:3-5", "5-4", "70000", "80/icmp", "x:1:2", "::1:80:80", ""] {
            assert!(parse(short, MOST_PORTS).is_err(), "{short}");
        }
    }
}
