//! A server of HTTP/1.1 (RFC 9112) for one page, in one thread. It is open to whoever reaches its port, so that nothing a client
//! does costs more than a slot for a while: requests are short, clients few, and each has its time.

use super::hosts::Hosts;
use super::{Address, HostName, Metrics};
use crate::limits::{METRIC_CLIENT_SECONDS, METRIC_CLIENTS, METRIC_REQUEST_BYTES};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// A port that is listened on, and not yet served.
#[derive(Debug)]
pub struct Endpoint {
    listener: TcpListener,
    hosts: Hosts,
}

impl Endpoint {
    /// Takes the port; done before privileges are dropped, so that any port is possible. `hosts` are names by which it is asked
    /// for, besides `localhost`, this machine's name and addresses.
    ///
    /// # Errors
    /// One line for the user.
    pub fn bind(address: Address, hosts: &[HostName]) -> Result<Self, String> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::AddrInUse => format!("--metrics {address}: another program listens there; take another port"),
            ErrorKind::AddrNotAvailable => format!("--metrics {address}: this machine does not have that address"),
            _ => format!("--metrics {address}: cannot listen there: {error}"),
        };
        let listener = TcpListener::bind(address.0).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self { listener, hosts: Hosts::new(hosts) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<Address> {
        self.listener.local_addr().map(Address)
    }

    /// Serves the numbers in a thread of its own, to the end of the process. Started after privileges were dropped, the thread has none.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn serve(self, metrics: Metrics) -> io::Result<()> {
        let Self { listener, hosts } = self;
        let mut server = Server { listener, page: Page { metrics, hosts }, clients: Vec::new() };
        std::thread::Builder::new().name("metrics".to_owned()).spawn(move || while server.step().is_ok() {}).map(drop)
    }
}

struct Server {
    listener: TcpListener,
    page: Page,
    /// The oldest first.
    clients: Vec<Client>,
}

/// What is served, and to whom.
struct Page {
    metrics: Metrics,
    hosts: Hosts,
}

struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    /// What is still to be sent; empty while the request is read.
    reply: Vec<u8>,
    until: Instant,
}

impl Server {
    /// Waits for something to do and does it.
    fn step(&mut self) -> io::Result<()> {
        let accepting = self.wait()?;
        let now = Instant::now();
        let Self { clients, page, .. } = self;
        clients.retain_mut(|client| client.until > now && client.step(page));
        if accepting {
            self.accept();
        }
        Ok(())
    }

    /// Whether somebody new waits.
    fn wait(&self) -> io::Result<bool> {
        let mut waited = vec![PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)];
        let wanted = |client: &Client| if client.reply.is_empty() { PollFlags::POLLIN } else { PollFlags::POLLOUT };
        waited.extend(self.clients.iter().map(|client| PollFd::new(client.stream.as_fd(), wanted(client))));
        let now = Instant::now();
        let first = self.clients.iter().map(|client| client.until.saturating_duration_since(now)).min();
        let timeout = first.map_or(PollTimeout::NONE, |first| {
            PollTimeout::try_from(first + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut waited, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(waited.first().and_then(PollFd::any).unwrap_or(false))
    }

    /// The newest client is served first: it displaces the oldest, which has had its time.
    fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else {
            // Descriptors may be short, and the listener stays ready: not to spin.
            std::thread::sleep(Duration::from_millis(10));
            return;
        };
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        if self.clients.len() >= METRIC_CLIENTS {
            self.clients.remove(0);
        }
        let until = Instant::now() + Duration::from_secs(METRIC_CLIENT_SECONDS);
        let mut client = Client { stream, request: Vec::new(), reply: Vec::new(), until };
        if client.step(&self.page) {
            self.clients.push(client);
        }
    }
}

impl Client {
    /// Goes on as far as is possible now; false when it is done with.
    fn step(&mut self, page: &Page) -> bool {
        if self.reply.is_empty() {
            match self.read(page) {
                Ok(Some(reply)) => self.reply = reply,
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
        match self.send() {
            Ok(done) => !done,
            Err(_) => false,
        }
    }

    /// The answer, once the request is complete.
    fn read(&mut self, page: &Page) -> io::Result<Option<Vec<u8>>> {
        let mut piece = [0; 1_024];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.request.extend_from_slice(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if let Some(reply) = answer(&self.request, page) {
                return Ok(Some(reply));
            }
        }
    }

    /// Whether everything was sent.
    fn send(&mut self) -> io::Result<bool> {
        while !self.reply.is_empty() {
            match self.stream.write(&self.reply) {
                Ok(sent) => drop(self.reply.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.stream.shutdown(Shutdown::Write)?;
        Ok(true)
    }
}

/// The reply to a request; none while it is incomplete.
fn answer(request: &[u8], page: &Page) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if request.len() < METRIC_REQUEST_BYTES => return None,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Some(reply("431 Request Header Fields Too Large", "", "the request is too long\n", true));
        }
        Err(_) => return Some(reply("400 Bad Request", "", "this is not HTTP\n", true)),
    }
    let body = match parsed.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Some(reply("405 Method Not Allowed", "Allow: GET, HEAD\r\n", "only GET and HEAD\n", true)),
    };
    if let Some((status, text)) = refusal(&parsed, &page.hosts) {
        return Some(reply(status, "", text, body));
    }
    let path = parsed.path.unwrap_or_default();
    Some(match path.split('?').next() {
        Some("/metrics") => reply("200 OK", "", &page.metrics.text(), body),
        Some("/") => reply("200 OK", "", "sshwire capture: its numbers are at /metrics\n", body),
        _ => reply("404 Not Found", "", "there is /metrics, nothing else\n", body),
    })
}

/// Why a request is not answered, whatever it asks for: a web page in a browser on this machine must not read the numbers.
fn refusal(request: &httparse::Request<'_, '_>, hosts: &Hosts) -> Option<(&'static str, &'static str)> {
    let mut named = values(request, "host");
    // RFC 9112 §3.2. HTTP/1.0 knows no Host, and no browser speaks it.
    let host = match (named.next(), named.next()) {
        (Some(host), None) => Some(host),
        (None, _) if request.version == Some(0) => None,
        _ => return Some(("400 Bad Request", "a request needs one Host header\n")),
    };
    // A browser adds it to what a page asks of other servers; no scraper does.
    if values(request, "origin").next().is_some() {
        return Some(("403 Forbidden", "web pages get no answer: ask without an Origin header\n"));
    }
    let unknown = host.is_some_and(|host| !hosts.holds(host));
    unknown.then_some((
        "421 Misdirected Request",
        "this host name is not known here: ask by address, or add --metrics-host NAME to sshwire capture\n",
    ))
}

fn values<'a>(request: &'a httparse::Request<'_, '_>, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    request.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

fn reply(status: &str, header: &str, text: &str, body: bool) -> Vec<u8> {
    let length = text.len();
    let text = if body { text } else { "" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n{header}\r\n{text}"
    )
    .into_bytes()
}
