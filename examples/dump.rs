//! Scratch: prints cases.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]
use sshwire::analyzer::*; use sshwire::source::*;
fn main(){ for f in std::env::args().skip(1){ let mut r=CaptureReader::open(std::path::Path::new(&f),0).unwrap(); let mut a=Analyzer::new(Settings{ports:vec![22,2222],..Default::default()});
 loop{ match r.next(){Next::Packet(p)=>a.push(&p),Next::Idle=>{},Next::End=>break}} a.finish();
 while let Some(j)=a.poll(){ println!("{} {:?} -> {:?} {:#?}",f,j.record.client,j.record.server,j.judgement.ended); for x in &j.judgement.findings{println!("{:#?}",x)} println!("AUTH {:?}",j.judgement.authentication);
 let c=sshwire::diagnose::Case::new(&j.record,a.hosts()); println!("{:#?}\n{:#?} STUCK {:#?} RESETS {:#?}\nSOFT {:?}\nMARKS {:#?}",c.authentication,c.close,c.stuck,c.resets,c.software,c.marks);
 for &i in &c.writes { let s=&j.record.segments[i]; println!("{:?} {:?} len {} {:?}",s.packet,s.from,s.len,s.time);} } } }
