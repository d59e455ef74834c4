//! The port answers as a mail or FTP server does.

use super::build::Detected;
use super::foreign;
use crate::diagnose::case::Case;
use crate::ssh::other::OtherKind;

const ID: &str = "not-ssh-smtp-ftp";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    foreign::server_speaks(case, ID, &[OtherKind::Smtp, OtherKind::Ftp, OtherKind::SmtpOrFtp])
}
