//! Bytes in, the data types of RFC 4251 §5 out. The bytes may end anywhere: what is not all there is `None` and stays unread.

/// Reads one message from its start.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the first of these bytes on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// So many raw bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// So many raw bytes, the count known to the compiler.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    /// `byte`.
    pub fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// `boolean`: any value but 0 is true.
    pub fn boolean(&mut self) -> Option<bool> {
        self.byte().map(|byte| byte != 0)
    }

    /// `uint32`.
    pub fn uint32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// `string`: a length and so many bytes. Read whole or not at all.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = ahead.uint32()?;
        let string = ahead.bytes(usize::try_from(length).ok()?)?;
        *self = ahead;
        Some(string)
    }

    /// `mpint`, without the zero byte that keeps a positive number positive. None for a negative number, which SSH has no use for.
    pub fn mpint(&mut self) -> Option<Mpint<'a>> {
        let mut ahead = *self;
        let string = ahead.string()?;
        if string.first().is_some_and(|first| first & 0x80 != 0) {
            return None;
        }
        *self = ahead;
        let zeros = string.iter().take_while(|&&byte| byte == 0).count();
        Some(Mpint { magnitude: string.get(zeros..).unwrap_or_default() })
    }
}

/// A multiple precision integer that is not negative: its bytes, the most significant first, no leading zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mpint<'a> {
    /// The bytes.
    pub magnitude: &'a [u8],
}

impl Mpint<'_> {
    /// Length in bits; 0 for zero.
    pub fn bits(self) -> u32 {
        let Some(first) = self.magnitude.first() else { return 0 };
        u32::try_from(self.magnitude.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(first.leading_zeros())
    }

    /// Whether the number is odd, as every prime of a group is.
    pub fn is_odd(self) -> bool {
        self.magnitude.last().is_some_and(|last| last & 1 == 1)
    }
}

/// The names of a name-list (RFC 4251 §5), split at its commas; the empty list has no names.
pub fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == b',').filter(|_| !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_leaves_the_rest() {
        let mut reader = Reader::new(&[0, 0, 0, 2, b'a', b'b', 7, 0, 0, 0, 9, b'x']);
        assert_eq!(reader.string(), Some(&b"ab"[..]));
        assert_eq!(reader.byte(), Some(7));
        assert_eq!(reader.string(), None, "nine bytes are announced, one is there");
        assert_eq!(reader.uint32(), Some(9), "the failed read took nothing");
    }

    #[test]
    fn mpint_length_is_that_of_the_number() {
        // RFC 4251 §5 examples: 0, 80, 9a378f9b2e332a7.
        assert_eq!(Reader::new(&[0, 0, 0, 0]).mpint().map(Mpint::bits), Some(0));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 0, 0x80]).mpint().map(Mpint::bits), Some(8));
        let number = [0, 0, 0, 8, 0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7];
        assert_eq!(Reader::new(&number).mpint().map(Mpint::bits), Some(60));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 0xed, 0xcc]).mpint(), None, "negative");
    }

    #[test]
    fn an_empty_name_list_has_no_names() {
        assert_eq!(names(b"").count(), 0);
        assert_eq!(names(b"a,b").collect::<Vec<_>>(), [b"a", b"b"]);
    }
}
