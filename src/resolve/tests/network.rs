//! Names, ports and networks.

use crate::resolve::testing::attributes;

attributes! {
    dns: "dns: [1.1.1.1, 8.8.8.8]" => r#"fixed.dns = ["1.1.1.1","8.8.8.8"]"#;
    dns_opt: "dns_opt: [use-vc]" => r#"fixed.dns_opt = ["use-vc"]"#;
    dns_search: "dns_search: [example.com]" => r#"fixed.dns_search = ["example.com"]"#;
    expose: "expose: [3000, 8000-8010/UDP]" => r#"fixed.expose = ["3000/tcp","8000-8010/udp"]"#;
    ports:
        "ports: ['9000-9001:80', '7000-7001:7000-7001', {target: 80, published: '8080', host_ip: 127.0.0.1, protocol: tcp, mode: ingress, name: web, app_protocol: http}, {target: 53, protocol: udp}]"
        => r#"fixed.ports = [{"target":53,"protocol":"udp"},{"target":80,"protocol":"tcp","published":"9000-9001"},{"target":80,"protocol":"tcp","host_ip":"127.0.0.1","published":"8080"},{"target":7000,"protocol":"tcp","published":"7000"},{"target":7001,"protocol":"tcp","published":"7001"}]"#;
    ports_of_an_unknown_protocol: "ports: [{target: 80, protocol: tpc}]"
        => "DS0710 Error: service `web` publishes a port of the unknown protocol `tpc` at `tpc`";
    extra_hosts: "extra_hosts: {somehost: [162.242.195.82, '::1']}"
        => r#"fixed.extra_hosts = ["somehost:162.242.195.82","somehost:::1"]"#;
    links: "links: [db, 'db:database']"
        => r#"depends_on.db = {"condition":"service_started","restart":true,"required":true}
fixed.links = {"database":"db"}"#;
    external_links: "external_links: [redis, 'mysql:store']"
        => r#"networks.default.links = ["mysql:store","redis:redis"]"#;
    mac_address: "mac_address: 02:42:ac:11:65:43" => r#"fixed.mac_address = "02:42:ac:11:65:43""#;
    mac_address_of_two_minds:
        "mac_address: 02:42:ac:11:65:43\nnetworks: {back: null, front: {priority: 1, mac_address: 02:42:ac:11:65:44}}"
        => "DS0511 Error: service `web` has the hardware address 02:42:ac:11:65:43, and 02:42:ac:11:65:44 on `front` at `02:42:ac:11:65:43`";
    network_mode: "network_mode: 'service:db'"
        => r#"depends_on.db = {"condition":"service_started","restart":true,"required":true}
fixed.network_mode = {"service":"db"}
networks.default unset"#;
    network_mode_none: "network_mode: none"
        => r#"fixed.network_mode = "none"
networks.default unset"#;
    network_mode_named: "network_mode: bridge"
        => r#"fixed.network_mode = {"named":"bridge"}
networks.default unset"#;
    network_mode_of_a_container: "network_mode: 'container:other'"
        => r#"fixed.network_mode = {"container":"other"}
networks.default unset"#;
    network_mode_and_links: "network_mode: host
links: ['db:database']"
        => "DS0701 Error: service `web` has `links`, and dsenv links services on networks of the project, and not where `network_mode` puts them at `links`";
    networks:
        "networks: {front: {aliases: [www], ipv4_address: 172.16.238.10, ipv6_address: '2001:db8::10', link_local_ips: [57.123.22.11], mac_address: 02:42:ac:11:65:44, driver_opts: {a: 1}, gw_priority: 1, priority: 1000, interface_name: eth7}, back: null}"
        => r#"networks.back = {"aliases":["web"]}
networks.default unset
networks.front = {"aliases":["web","www"],"ipv4_address":"172.16.238.10","ipv6_address":"2001:db8::10","link_local_ips":["57.123.22.11"],"mac_address":"02:42:ac:11:65:44","driver_opts":{"a":"1","com.docker.network.endpoint.ifname":"eth7"},"gw_priority":1}"#;
}
