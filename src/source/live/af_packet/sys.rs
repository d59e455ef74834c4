//! The system calls of a packet socket. Each `unsafe` block is one call, with the reason why it is sound.

use super::super::LiveError;
use super::super::filter::Instruction;
use std::ffi::CString;
use std::io::{self, PipeReader};
use std::mem::{size_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// `PACKET_OUTGOING`: sent by this host.
pub const OUTGOING: u8 = libc::PACKET_OUTGOING;
/// The loopback address family header has room for this many bytes of a name, the final zero included.
const NAME: usize = libc::IFNAMSIZ;

/// With link header or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As on the wire.
    Raw,
    /// From the network layer on: what lies below differs from packet to packet or is not understood.
    Cooked,
}

/// A packet socket. It is closed when dropped.
pub struct Socket {
    descriptor: OwnedFd,
}

impl Socket {
    /// Opens one that receives nothing yet (protocol 0).
    pub fn open(mode: Mode) -> Result<Self, LiveError> {
        let kind = match mode {
            Mode::Raw => libc::SOCK_RAW,
            Mode::Cooked => libc::SOCK_DGRAM,
        };
        open(libc::AF_PACKET, kind).map(|descriptor| Self { descriptor }).map_err(|error| match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => LiveError::Permission,
            _ => LiveError::System { doing: "opening a packet socket", error },
        })
    }

    pub fn descriptor(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    /// Asks for the third version of the ring.
    pub fn use_version_3(&self) -> Result<(), LiveError> {
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        self.set(libc::SOL_PACKET, libc::PACKET_VERSION, &version)
            .map_err(|error| LiveError::System { doing: "asking for TPACKET_V3", error })
    }

    /// Asks for a ring of this shape.
    pub fn ask_for_ring(&self, request: &libc::tpacket_req3) -> io::Result<()> {
        self.set(libc::SOL_PACKET, libc::PACKET_RX_RING, request)
    }

    /// Sets the filter that the kernel runs on each packet.
    pub fn attach(&self, program: &[Instruction]) -> Result<(), LiveError> {
        let mut code: Vec<libc::sock_filter> = program
            .iter()
            .map(|step| libc::sock_filter { code: step.code, jt: step.jump_true, jf: step.jump_false, k: step.k })
            .collect();
        let len = u16::try_from(code.len()).unwrap_or(u16::MAX);
        // The kernel copies the program while the call lasts; `code` outlives it.
        let program = libc::sock_fprog { len, filter: code.as_mut_ptr() };
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
            .map_err(|error| LiveError::System { doing: "setting the filter in the kernel", error })?;
        lock_filter(&self.descriptor)
    }

    /// Begins to receive from an interface; 0 is all of them.
    pub fn bind(&self, interface: i32) -> Result<(), LiveError> {
        // SAFETY: sockaddr_ll is plain integers, for which zeros are a value.
        let mut address: libc::sockaddr_ll = unsafe { zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = interface;
        let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: the pointer and length describe `address`, which lives until the call returns; the kernel only reads it.
        let done = unsafe { libc::bind(self.descriptor(), (&raw const address).cast(), len) };
        match checked(done) {
            Ok(_) => Ok(()),
            // The interface is down: the socket is bound, and receives once it is up.
            Err(error) if error.raw_os_error() == Some(libc::ENETDOWN) => Ok(()),
            Err(error) => Err(LiveError::System { doing: "binding to the interface", error }),
        }
    }

    /// Receives packets for other hosts too, as long as the socket is open.
    pub fn promiscuous(&self, interface: i32) -> Result<(), LiveError> {
        // SAFETY: packet_mreq is plain integers, for which zeros are a value.
        let mut request: libc::packet_mreq = unsafe { zeroed() };
        request.mr_ifindex = interface;
        request.mr_type = libc::PACKET_MR_PROMISC as u16;
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
            .map_err(|error| LiveError::System { doing: "asking for promiscuous mode", error })
    }

    /// Packets that passed the filter and those of them that were dropped, since the last call.
    pub fn statistics(&self) -> io::Result<(u32, u32)> {
        // SAFETY: tpacket_stats_v3 is plain integers, for which zeros are a value.
        let mut counts: libc::tpacket_stats_v3 = unsafe { zeroed() };
        let mut len = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `len` bytes into `counts`, which is that long, and the length into `len`.
        let done = unsafe {
            libc::getsockopt(
                self.descriptor(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut counts).cast(),
                &raw mut len,
            )
        };
        checked(done)?;
        Ok((counts.tp_packets, counts.tp_drops))
    }

    /// Waits until a block of the ring is ready, the pipe is closed, a signal comes or the time is over. True if the socket reports
    /// an error, which is then taken off it: its interface went down or away.
    pub fn wait(&self, time: Duration, pipe: Option<&PipeReader>) -> bool {
        let asked = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // A negative descriptor is passed over.
        let mut polled = [asked(self.descriptor()), asked(pipe.map_or(-1, AsRawFd::as_raw_fd))];
        let milliseconds = libc::c_int::try_from(time.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: the pointer and number describe `polled`, which lives until the call returns.
        let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, milliseconds) };
        if ready <= 0 || polled[0].revents & libc::POLLERR == 0 {
            return false;
        }
        let mut error: libc::c_int = 0;
        let mut len = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `len` bytes into `error`, which is that long, and the length into `len`.
        unsafe {
            libc::getsockopt(self.descriptor(), libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut error).cast(), &raw mut len)
        };
        true
    }

    /// Index of an interface by its name.
    pub fn index(&self, name: &str) -> io::Result<i32> {
        let request = ask(self.descriptor(), libc::SIOCGIFINDEX as _, name)?;
        // SAFETY: SIOCGIFINDEX fills this member of the union, and any bits are an integer.
        Ok(unsafe { request.ifr_ifru.ifru_ifindex })
    }

    /// The ARPHRD_ type of an interface: asked of this socket, for no other can be made once rights are given up.
    pub fn hardware(&self, name: &str) -> io::Result<u16> {
        hardware_by(self.descriptor(), name)
    }

    /// Whether an interface is up.
    pub fn is_up(&self, name: &str) -> bool {
        ask(self.descriptor(), libc::SIOCGIFFLAGS as _, name).is_ok_and(|request| {
            // SAFETY: SIOCGIFFLAGS fills this member of the union, and any bits are an integer.
            let flags = unsafe { request.ifr_ifru.ifru_flags };
            i32::from(flags) & libc::IFF_UP != 0
        })
    }

    fn set<T>(&self, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
        set(&self.descriptor, level, option, value)
    }
}

/// The filter of a socket can be neither changed nor taken off any more (`SO_LOCK_FILTER`, `socket(7)`).
pub fn lock_filter(socket: &impl AsFd) -> Result<(), LiveError> {
    let locked: libc::c_int = 1;
    set(socket, libc::SOL_SOCKET, libc::SO_LOCK_FILTER, &locked)
        .map_err(|error| LiveError::System { doing: "locking the filter in the kernel", error })
}

fn set<T>(socket: &impl AsFd, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    let descriptor = socket.as_fd().as_raw_fd();
    // SAFETY: the pointer and length describe `value`, which is borrowed until the call returns; the kernel only reads it.
    let done = unsafe { libc::setsockopt(descriptor, level, option, std::ptr::from_ref(value).cast(), len) };
    checked(done).map(|_| ())
}

/// The ARPHRD_ type of an interface; needs no permission.
pub fn hardware(name: &str) -> Result<u16, LiveError> {
    let socket = open(libc::AF_INET, libc::SOCK_DGRAM)
        .map_err(|error| LiveError::System { doing: "opening a socket", error })?;
    hardware_by(socket.as_raw_fd(), name).map_err(|error| match error.raw_os_error() {
        Some(libc::ENODEV) => LiveError::NoSuchInterface { name: name.to_owned() },
        _ => LiveError::System { doing: "asking for the type of the interface", error },
    })
}

fn hardware_by(descriptor: RawFd, name: &str) -> io::Result<u16> {
    let request = ask(descriptor, libc::SIOCGIFHWADDR as _, name)?;
    // SAFETY: SIOCGIFHWADDR fills this member of the union, and any bits are an integer.
    Ok(unsafe { request.ifr_ifru.ifru_hwaddr.sa_family })
}

fn open(family: libc::c_int, kind: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: takes integers, returns a new descriptor or -1.
    let descriptor = checked(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the descriptor was just opened and is known to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// A request about an interface by name.
fn ask(descriptor: RawFd, what: libc::Ioctl, name: &str) -> io::Result<libc::ifreq> {
    let no_device = || io::Error::from_raw_os_error(libc::ENODEV);
    let name = CString::new(name).map_err(|_| no_device())?;
    let bytes = name.as_bytes_with_nul();
    // SAFETY: ifreq is integers and pointers that are not followed, for which zeros are a value.
    let mut request: libc::ifreq = unsafe { zeroed() };
    if bytes.len() > NAME {
        return Err(no_device());
    }
    for (to, &from) in request.ifr_name.iter_mut().zip(bytes) {
        *to = from as libc::c_char;
    }
    // SAFETY: the kernel reads the name, which ends in a zero, and writes within the ifreq, which lives until the call returns.
    checked(unsafe { libc::ioctl(descriptor, what, &raw mut request) })?;
    Ok(request)
}

fn checked(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
