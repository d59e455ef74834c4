//! A capture as the source describes it in, as the report shows it out.

use crate::packet::LinkType;
use crate::report::escape::visible_text;
use crate::report::view::{Capture, Time, Warning};
use crate::source::CaptureDescription;

/// The report's view of a capture.
pub(super) fn capture(description: &CaptureDescription) -> Capture {
    let compression = description.compression.iter().map(ToString::to_string);
    let format: Vec<_> = std::iter::once(description.format.to_string()).chain(compression).collect();
    let warning =
        |warning: &crate::source::Warning| Warning { offset: Some(warning.offset), text: visible_text(&warning.text) };
    Capture {
        path: visible_text(&description.path),
        format: format.join(", "),
        link_types: description.link_types.iter().map(|link| link_name(*link)).collect(),
        packets: description.packets,
        bytes: description.bytes,
        first_time: description.first_time.map(Time),
        last_time: description.last_time.map(Time),
        truncated_packets: description.truncated_packets,
        capture_drops: description.capture_drops,
        snaplen: description.snaplen,
        warnings: description.warnings.iter().map(warning).collect(),
        warnings_omitted: description.warnings_omitted,
    }
}

/// The name in the list of link types of tcpdump.org, without `LINKTYPE_`.
fn link_name(link: LinkType) -> String {
    match link {
        LinkType::Null => "NULL",
        LinkType::Ethernet => "ETHERNET",
        LinkType::Ppp => "PPP",
        LinkType::PppHdlc => "PPP_HDLC",
        LinkType::PppEther => "PPP_ETHER",
        LinkType::Raw => "RAW",
        LinkType::Loop => "LOOP",
        LinkType::LinuxSll => "LINUX_SLL",
        LinkType::Ipv4 => "IPV4",
        LinkType::Ipv6 => "IPV6",
        LinkType::LinuxSll2 => "LINUX_SLL2",
        LinkType::Unknown(number) => return format!("unknown ({number})"),
    }
    .to_owned()
}
