//! `--metrics`: what a scraper reads, and what clients that mean no good get.

use crate::command::{refuses, sshwire};
use sshwire::metrics::{Address, Endpoint, Metrics, Standing, Verdict};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

fn serve() -> (SocketAddr, Metrics) {
    let metrics = Metrics::default();
    let hosts = ["metrics.example.com".parse().unwrap()];
    let endpoint = Endpoint::bind(Address(SocketAddr::from(([127, 0, 0, 1], 0))), &hosts).unwrap();
    let address = endpoint.address().unwrap().0;
    endpoint.serve(metrics.clone()).unwrap();
    (address, metrics)
}

/// Sends this and reads to the end.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
}

/// The samples of a text in Prometheus' format, checked as promtool does: families in one piece with HELP and TYPE before their samples,
/// no sample twice, counters that end in `_total`.
fn samples(text: &str) -> BTreeSet<String> {
    let (mut family, mut families, mut found) = (String::new(), BTreeSet::new(), BTreeSet::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, meaning) = help.split_once(' ').unwrap();
            assert!(meaning.ends_with('.') && families.insert(name.to_owned()), "{line}");
            let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap();
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(matches!(kind, "counter" | "gauge"), "{kind}");
            name.clone_into(&mut family);
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        assert!(name == family && value.parse::<u64>().is_ok(), "{line}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        assert!(found.insert(line.to_owned()), "twice: {line}");
    }
    assert!(text.ends_with('\n'));
    found
}

#[test]
fn a_scraper_reads_counters_by_verdict_phase_and_server() {
    let (address, metrics) = serve();
    let verdict = Verdict { id: "maxstartups-drop", outcome: "failed", phase: "pre-banner", server: "192.0.2.1:22" };
    metrics.judged(verdict);
    metrics.judged(verdict);
    metrics.judged(Verdict { id: "normal-close", outcome: "healthy", phase: "session", server: "a\"b\\c\n} 7" });
    metrics.stand(Standing { received: 12, dropped: 3, open: 4, memory: Some(5_000), ..Standing::default() });
    let answer = get(address, "/metrics?x=1");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    let found = samples(body);
    for sample in [
        "sshwire_connections_total{outcome=\"failed\",verdict=\"maxstartups-drop\"} 2",
        "sshwire_connections_total{outcome=\"healthy\",verdict=\"normal-close\"} 1",
        "sshwire_phase_connections_total{phase=\"pre-banner\",outcome=\"failed\"} 2",
        "sshwire_server_connections_total{server=\"192.0.2.1:22\",outcome=\"failed\"} 2",
        "sshwire_server_connections_total{server=\"a\\\"b\\\\c\\n} 7\",outcome=\"healthy\"} 1",
        "sshwire_packets_received_total 12",
        "sshwire_packets_dropped_total 3",
        "sshwire_open_connections 4",
        "process_resident_memory_bytes 5000",
    ] {
        assert!(found.contains(sample), "{sample} in {body}");
    }
    let head = ask(address, b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn other_requests_get_a_status_and_an_end() {
    let (address, _) = serve();
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], "200 OK"),
        (b"GET /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 Not Found"),
        (b"GET http://x/metrics HTTP/1.0\r\n\r\n", "404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405 Method Not Allowed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "400 Bad Request"),
        (b"\x16\x03\x01\x02\x00", "400 Bad Request"),
        (b"GET /metrics\r\n\r\n", "400 Bad Request"),
    ] {
        let answer = ask(address, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert!(answer.contains("Connection: close"), "{answer}");
    }
    let many: String = (0..40).map(|number| format!("X-{number}: 1\r\n")).collect();
    let answer = ask(address, format!("GET /metrics HTTP/1.1\r\n{many}\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

/// DNS rebinding: a page's own name leads here, and the browser asks for it by that name.
#[test]
fn a_web_page_gets_no_numbers() {
    let (address, _) = serve();
    let status = |request: &str| {
        let answer = ask(address, request.as_bytes());
        assert!(answer.len() < 400 || answer.starts_with("HTTP/1.1 200 "), "{answer}");
        answer["HTTP/1.1 ".len()..].lines().next().unwrap().to_owned()
    };
    let of_host = |host: &str| status(&format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for host in [&address.to_string(), "[::1]:9547", "LOCALHOST.", "metrics.example.com", "Metrics.Example.com:9547"] {
        assert_eq!(of_host(host), "200 OK", "{host}");
    }
    for host in ["evil.example.com", "evil.example.com:9547", "127.0.0.1.example.com", ""] {
        assert_eq!(of_host(host), "421 Misdirected Request", "{host}");
    }
    let answer = ask(address, b"GET / HTTP/1.1\r\nHost: evil.example.com\r\n\r\n");
    assert!(answer.contains("--metrics-host NAME") && !answer.contains("evil"), "{answer}");
    for (request, expected) in [
        ("GET /metrics HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n", "400 Bad Request"),
        ("GET /metrics HTTP/1.0\r\nHost: localhost\r\nhost: localhost\r\n\r\n", "400 Bad Request"),
        ("GET /metrics HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.0\r\nHost: evil.example.com\r\n\r\n", "421 Misdirected Request"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.com\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\norigin: null\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.0\r\nOrigin: http://example.com\r\n\r\n", "403 Forbidden"),
    ] {
        assert_eq!(status(request), expected, "{request}");
    }
}

#[test]
fn a_host_for_metrics_is_a_name_and_needs_metrics() {
    let refused = |arguments: &[&str], line: &str| refuses(&sshwire(&[&["capture", "lo"], arguments].concat()), line);
    refused(&["--metrics", "9547", "--metrics-host", "a:9547"], "'a:9547' is no host name: write a name without port");
    refused(&["--metrics-host", "metrics.example.com"], "--metrics");
}

#[test]
fn slow_and_silent_clients_keep_nobody_from_the_numbers() {
    let (address, metrics) = serve();
    let silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut slow = TcpStream::connect(address).unwrap();
    slow.write_all(b"GET /met").unwrap();
    metrics.stand(Standing { open: 77, ..Standing::default() });
    for _ in 0..20 {
        assert!(get(address, "/metrics").contains("sshwire_open_connections 77\n"));
    }
    drop(silent);
    // A request without an end, at any speed: either it is answered as too long or cut off.
    let mut endless = TcpStream::connect(address).unwrap();
    endless.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    let begun = Instant::now();
    let refused = (0..1_000_000)
        .any(|_| endless.write_all(b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").is_err());
    assert!(refused && begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(get(address, "/metrics").contains("sshwire_open_connections 77\n"));
    // The slow one has had its time by now, or was displaced.
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(matches!(slow.read(&mut [0; 64]), Ok(0) | Err(_)));
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let (address, _) = serve();
    let line = Endpoint::bind(Address(address), &[]).unwrap_err();
    let expected = format!("--metrics {address}: another program listens there; take another port");
    assert_eq!(line, expected);
    let elsewhere = Endpoint::bind(Address(SocketAddr::from(([192, 0, 2, 77], 9_100))), &[]).unwrap_err();
    assert!(elsewhere.contains("this machine does not have that address"), "{elsewhere}");
}
