//! Any system that has libpcap: its own buffers, its own filter language (pcap-filter(7)).
//!
//! The handle never blocks; `poll` waits for it, so that a signal is noticed in time (a blocking read of libpcap may wait for ever).

use super::filter::place;
use super::{ANY, Arrival, LiveError, Outage, PacketSource, Statistics, Wanted};
use crate::packet::{CapturedPacket, LinkType, PacketId};
use crate::time::Timestamp;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pcap::{Active, Capture, Device, Error, Inactive, Linktype, Precision};
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::{Duration, Instant};

/// What tcpdump asks for: more than any packet has.
const SNAPLEN: i32 = 262_144;
/// How long libpcap may hold packets back in blocks, in ms, where immediate mode does not stop it from that.
const HELD_BACK: i32 = 100;
/// How often a silent interface is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(600);

/// A capture by libpcap.
pub struct Libpcap {
    handle: Capture<Active>,
    link: LinkType,
    nanoseconds: bool,
    number: u64,
    statistics: Statistics,
    /// The packet handed out: libpcap's own memory is good until the next question only.
    data: Vec<u8>,
    watch: Watch,
    woken_by: Option<PipeReader>,
}

impl Libpcap {
    /// Opens an interface, with the filter in place before anything is handed out.
    ///
    /// # Errors
    /// When there is no such interface, it is not allowed, or libpcap does not understand the filter.
    pub fn open(wanted: &Wanted) -> Result<Self, LiveError> {
        let (handle, nanoseconds) = activate(wanted)?;
        let mut handle = handle.setnonblock().map_err(|error| system("setting libpcap to not block", &error))?;
        let kind = handle.get_datalink();
        let link = link_type_of(kind);
        let expression = wanted.whole_expression();
        if let Err(error) = handle.filter(&expression, true) {
            return Err(filter_error(wanted, kind, &error));
        }
        #[cfg(af_packet)]
        super::af_packet::lock_filter(&handle)?;
        Ok(Self {
            handle,
            link,
            nanoseconds,
            number: 0,
            statistics: Statistics::default(),
            data: Vec::new(),
            watch: Watch::of(&wanted.interface),
            woken_by: None,
        })
    }

    /// Whether something is there to be read within this time; a signal ends the wait.
    fn wait(&self, wait: Duration) -> bool {
        // Only a look tells how the interface does.
        let timeout = PollTimeout::try_from(wait.min(LOOK_AGAIN)).unwrap_or(PollTimeout::MAX);
        let pipe = self.woken_by.as_ref().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
        let mut asked: Vec<_> = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)].into_iter().chain(pipe).collect();
        poll(&mut asked, timeout).is_ok_and(|ready| ready > 0)
    }

    /// Takes the next packet over; none if none is there.
    fn take(&mut self) -> Result<Option<(Timestamp, u32)>, Error> {
        match self.handle.next_packet() {
            Ok(packet) => {
                let header = packet.header;
                #[allow(clippy::useless_conversion, reason = "32 bits wide on other systems")]
                let fraction = i64::from(header.ts.tv_usec) * if self.nanoseconds { 1 } else { 1_000 };
                self.data.clear();
                self.data.extend_from_slice(packet.data);
                Ok(Some((Timestamp::from_parts(header.ts.tv_sec, fraction), header.len)))
            }
            Err(Error::TimeoutExpired | Error::NoMorePackets) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl PacketSource for Libpcap {
    fn next(&mut self, wait: Duration) -> Arrival<'_> {
        let mut taken = self.take();
        if matches!(taken, Ok(None)) && self.wait(wait) {
            taken = self.take();
        }
        match taken {
            Ok(Some((time, wire_len))) => {
                self.number += 1;
                let id = PacketId::new(0, self.number);
                Arrival::Packet(CapturedPacket { id, time, link: self.link, wire_len, data: &self.data }, None)
            }
            Ok(None) => self.watch.look().unwrap_or(Arrival::Idle),
            Err(error) => Arrival::End(format!("libpcap: {error}")),
        }
    }

    fn woken_by(&mut self, pipe: PipeReader) {
        self.woken_by = Some(pipe);
    }

    fn statistics(&mut self) -> Statistics {
        if let Ok(counts) = self.handle.stats() {
            self.statistics.passed = grown(self.statistics.passed, counts.received);
            self.statistics.dropped = grown(self.statistics.dropped, counts.dropped.saturating_add(counts.if_dropped));
        }
        self.statistics
    }

    fn link_type(&self) -> LinkType {
        self.link
    }

    fn packet_sockets(&self) -> Vec<RawFd> {
        #[cfg(af_packet)]
        let states = self.watch.states.as_ref().map(super::af_packet::States::descriptor);
        #[cfg(not(af_packet))]
        let states = None;
        std::iter::once(self.handle.as_fd().as_raw_fd()).chain(states).collect()
    }

    fn description(&self) -> String {
        "libpcap".to_owned()
    }
}

/// libpcap goes on in silence while its interface is down: somebody has to look.
struct Watch {
    interface: String,
    outage: Option<Outage>,
    looked: Instant,
    /// Opened before rights are given up; without it nothing is said.
    #[cfg(af_packet)]
    states: Option<super::af_packet::States>,
}

impl Watch {
    fn of(interface: &str) -> Self {
        Self {
            interface: interface.to_owned(),
            outage: None,
            looked: Instant::now(),
            #[cfg(af_packet)]
            states: super::af_packet::States::open().ok(),
        }
    }

    /// What has changed since the last look, now and then.
    fn look(&mut self) -> Option<Arrival<'static>> {
        if self.interface == ANY || self.looked.elapsed() < LOOK_AGAIN {
            return None;
        }
        self.looked = Instant::now();
        let now = self.outage();
        if now == self.outage {
            return None;
        }
        self.outage = now;
        Some(now.map_or(Arrival::Up, Arrival::Down))
    }

    #[cfg(af_packet)]
    fn outage(&self) -> Option<Outage> {
        self.states.as_ref()?.outage(&self.interface)
    }

    #[cfg(not(af_packet))]
    fn outage(&self) -> Option<Outage> {
        let all = crate::source::interfaces::interfaces().ok()?;
        match all.iter().find(|interface| interface.name == self.interface) {
            None => Some(Outage::Gone),
            Some(interface) => (!interface.up).then_some(Outage::Down),
        }
    }
}

/// libpcap counts in 32 bits; what is missing above them is kept here. Asked twice a second, it cannot wrap unseen.
fn grown(before: u64, now: u32) -> u64 {
    let high = before & !u64::from(u32::MAX);
    let joined = high | u64::from(now);
    if joined < before { joined + (1 << 32) } else { joined }
}

/// Opens the device, with time stamps in nanoseconds where it has them.
fn activate(wanted: &Wanted) -> Result<(Capture<Active>, bool), LiveError> {
    let opened = |precision| prepare(wanted, precision)?.open();
    match opened(Precision::Nano) {
        Ok(handle) => Ok((handle, true)),
        Err(_) => opened(Precision::Micro).map(|handle| (handle, false)).map_err(|error| open_error(wanted, &error)),
    }
}

fn prepare(wanted: &Wanted, precision: Precision) -> Result<Capture<Inactive>, Error> {
    let buffer = i32::try_from(wanted.buffer).unwrap_or(i32::MAX);
    let handle = Capture::from_device(wanted.interface.as_str())?;
    let handle = handle.promisc(wanted.promiscuous && wanted.interface != ANY).snaplen(SNAPLEN);
    Ok(handle.timeout(HELD_BACK).immediate_mode(true).buffer_size(buffer).precision(precision))
}

fn open_error(wanted: &Wanted, error: &Error) -> LiveError {
    let said = error.to_string();
    let exists = wanted.interface == ANY
        || Device::list().is_ok_and(|devices| devices.iter().any(|device| device.name == wanted.interface));
    if said.contains("ermission") || said.contains("not permitted") {
        LiveError::Permission
    } else if exists {
        system("opening the interface with libpcap", error)
    } else {
        LiveError::NoSuchInterface { name: wanted.interface.clone() }
    }
}

fn system(doing: &'static str, error: &Error) -> LiveError {
    LiveError::System { doing, error: io::Error::other(error.to_string()) }
}

/// libpcap says what is wrong, not where: the longest beginning that it understands tells.
fn filter_error(wanted: &Wanted, kind: Linktype, error: &Error) -> LiveError {
    let said = match error {
        Error::PcapError(said) => said.clone(),
        other => other.to_string(),
    };
    let Some(typed) = wanted.expression.clone() else { return system("compiling the filter", error) };
    let compiles = |part: &str| Capture::dead(kind).is_ok_and(|dead| dead.compile(part, true).is_ok());
    let at = place::of_fault(&typed, compiles);
    LiveError::Filter { typed, at, said }
}

/// Numbers of `pcap_datalink` that differ from those of files (LINKTYPE_) by system: raw IP.
fn link_type_of(kind: Linktype) -> LinkType {
    const DLT_RAW: [i32; 2] = [12, 14];
    if DLT_RAW.contains(&kind.0) { LinkType::Raw } else { LinkType::from(u16::try_from(kind.0).unwrap_or(u16::MAX)) }
}

/// Whether this user may capture: only an attempt tells.
///
/// # Errors
/// When not.
pub fn may_capture() -> Result<(), LiveError> {
    let devices = Device::list().map_err(|error| system("listing the interfaces with libpcap", &error))?;
    let Some(device) = devices.into_iter().next() else { return Err(LiveError::Permission) };
    let opened = Capture::from_device(device).and_then(Capture::open);
    opened.map(|_| ()).map_err(|_| LiveError::Permission)
}

/// Link type of the packets of an interface; none where it cannot be opened.
pub fn link_type(interface: &str) -> Option<LinkType> {
    let handle = Capture::from_device(interface).and_then(Capture::open).ok()?;
    Some(link_type_of(handle.get_datalink()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_on_where_libpcaps_wrap() {
        assert_eq!(grown(5, 9), 9);
        assert_eq!(grown(u64::from(u32::MAX) - 1, 3), (1 << 32) + 3);
        assert_eq!(grown((1 << 32) + 3, 7), (1 << 32) + 7);
    }
}
