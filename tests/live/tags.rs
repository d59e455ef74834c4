//! VLAN tags: the kernel takes them off before a packet socket sees the packet, and says so beside it.

use crate::capture::{Capture, analyzed, lines};
use crate::network::{LINK, Network};

#[test]
fn tags_are_put_back() {
    for interface in [LINK, "any"] {
        let network = Network::new();
        let file = network.path("tagged.pcapng");
        let arguments = [interface, "--format", "jsonl", "-w", file.to_str().unwrap()];
        let capture = Capture::start(&network, "server", &arguments);
        network.script("client", "tagged.py", &[LINK]);
        let ended = capture.interrupt();
        // A SYN in one tag, one in two, one in none; nobody answers.
        let (live, summary) = lines(&ended.out);
        assert_eq!(live.len(), 3, "{}", ended.out);
        assert_eq!(summary["summary"]["undecodable"].as_array().unwrap().len(), 0);
        assert_eq!(analyzed(&file, &[]).0, live);
        let bytes = std::fs::read(&file).unwrap();
        let holds = |tag: &[u8]| bytes.windows(tag.len()).any(|window| window == tag);
        let tag: &[u8] = if interface == LINK { &[0x81, 0, 0, 7, 8, 0, 0x45] } else { &[0, 7, 8, 0, 0x45] };
        assert!(holds(tag), "the tag with VLAN 7 is in the file of {interface}");
        assert!(holds(&[0, 9, 0x81, 0, 0, 7, 8, 0, 0x45]), "both tags are in the file of {interface}");
    }
}
