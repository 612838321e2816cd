//! Bits and Huffman codes of the compressed data of a JPEG file.
//!
//! Reference: ITU-T T.81, annex C (codes), F.2.2 (decoding), B.1.1.5 (bytes that stand for others).

/// Why compressed data cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It ends, or a marker stands in it, before the picture is complete.
    Ends,
    /// A code that its table does not have, or one that leads out of a block.
    Code,
    /// Something in the order of the segments.
    Order,
}

/// A table of codes.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    /// Length and value of the code that 8 bits begin with; length 0 where it is longer.
    short: Vec<(u8, u8)>,
    /// By length: the first code that is too large, and what to add to a code for the place of its value.
    limits: [(i32, i32); 17],
    values: Vec<u8>,
}

impl Codes {
    /// From the numbers of codes of 1 to 16 bits and the values; `None` where that is no table.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let all: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let mut codes = Self {
            short: vec![(0, 0); 256],
            limits: [(0, 0); 17],
            values: values.get(..all)?.to_vec(),
        };
        let (mut code, mut place) = (0i32, 0i32);
        for (length, count) in (1..).zip(counts) {
            let offset = place - code;
            for _ in 0..*count {
                if code >> length != 0 {
                    return None;
                }
                if length <= 8 {
                    let first = (code << (8 - length)) as usize;
                    let value = (length as u8, codes.values[place as usize]);
                    codes.short[first..first + (1 << (8 - length))].fill(value);
                }
                code += 1;
                place += 1;
            }
            codes.limits[length as usize] = (code, offset);
            code <<= 1;
        }
        Some(codes)
    }
}

/// Reads bits up to the next marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Where the next byte is read.
    at: usize,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// From a position on.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            held: 0,
            count: 0,
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) if self.bytes.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xff
                }
                None | Some(0xff) => return,
                Some(byte) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held = (self.held << 8) | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next bits as a number, at most 16.
    pub(super) fn take(&mut self, bits: u32) -> Result<u32, Broken> {
        if self.count < bits {
            self.fill();
        }
        let rest = self.count.checked_sub(bits).ok_or(Broken::Ends)?;
        let value = (self.held >> rest) as u32 & ((1 << bits) - 1);
        self.count = rest;
        Ok(value)
    }

    /// A signed number of so many bits (T.81, F.2.2.1).
    pub(super) fn signed(&mut self, bits: u32) -> Result<i32, Broken> {
        if bits == 0 {
            return Ok(0);
        }
        let value = self.take(bits)? as i32;
        Ok(match value >> (bits - 1) {
            0 => value - (1 << bits) + 1,
            _ => value,
        })
    }

    /// The value of the next code.
    pub(super) fn code(&mut self, codes: &Codes) -> Result<u8, Broken> {
        if self.count < 16 {
            self.fill();
        }
        if self.count >= 8 {
            let next = (self.held >> (self.count - 8)) & 0xff;
            let (length, value) = codes.short[next as usize];
            if length > 0 {
                self.count -= u32::from(length);
                return Ok(value);
            }
        }
        let mut code = 0i32;
        for (limit, offset) in &codes.limits[1..] {
            code = (code << 1) | self.take(1)? as i32;
            if code < *limit {
                let value = codes.values.get((code + offset) as usize);
                return value.copied().ok_or(Broken::Code);
            }
        }
        Err(Broken::Code)
    }

    /// Ends a run of data: the position of the marker behind it, and whether whole bytes before it were not needed.
    pub(super) fn end(mut self) -> (usize, bool) {
        self.fill();
        let mut spare = self.count >= 8;
        // Data go on until a marker; what stands for a byte is none.
        while let Some(byte) = self.bytes.get(self.at) {
            match (byte, self.bytes.get(self.at + 1)) {
                (0xff, Some(0)) => {
                    spare = true;
                    self.at += 2;
                }
                // Any number of fill bytes may stand before a marker.
                (0xff, Some(0xff)) => self.at += 1,
                (0xff, _) => break,
                _ => {
                    spare = true;
                    self.at += 1;
                }
            }
        }
        (self.at, spare)
    }
}
