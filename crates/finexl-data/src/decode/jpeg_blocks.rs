//! The blocks of a JPEG picture as its scans tell them: what is coded is followed, and only kept as far as later scans need.
//!
//! Reference: ITU-T T.81, F.2.2 (sequential) and G.2 (progressive).

use super::jpeg_bits::{Bits, Broken, Codes};
use super::jpeg_scans::Component;
use std::ops::Range;

/// The mean of a block times 8, at most, for samples of 8 bits; rounding and encoders that are not exact let more pass.
const BRIGHTEST: i32 = 1024 + 64;

/// A scan: which components, and what of them.
pub(super) struct Scan<'t> {
    /// Positions of the components.
    pub parts: Vec<usize>,
    /// Their codes: of the mean, of the rest.
    pub codes: Vec<[Option<&'t Codes>; 2]>,
    /// First and last coefficient.
    pub band: [usize; 2],
    /// Whether it adds a bit to what earlier scans said.
    pub refines: bool,
    /// Bits that later scans add.
    pub shift: u32,
    /// Units between restarts, 0 for none.
    pub interval: usize,
}

/// All blocks of a picture.
pub(super) struct Blocks {
    pub components: Vec<Component>,
    /// Whether a mean lies beyond all brightness.
    pub odd: bool,
    progressive: bool,
    units: [usize; 2],
    /// By component and block: which coefficients are known not to be 0. For progressive pictures only.
    known: Vec<Vec<u64>>,
}

/// What one run of units carries along.
struct Run {
    means: [i32; 4],
    /// Blocks that are still empty in this scan.
    empty: u32,
}

impl Blocks {
    pub(super) fn new(components: Vec<Component>, units: [usize; 2], progressive: bool) -> Self {
        let known = match progressive {
            true => (components.iter())
                .map(|component| vec![0; component.size[0] * component.size[1]])
                .collect(),
            false => Vec::new(),
        };
        Self {
            components,
            odd: false,
            progressive,
            units,
            known,
        }
    }

    /// Units of a scan: groups of blocks of all components, or blocks where there is one.
    pub(super) fn units(&self, scan: &Scan<'_>) -> usize {
        match scan.parts.as_slice() {
            [one] => self.components[*one].used.iter().product(),
            _ => self.units.iter().product(),
        }
    }

    /// Follows a run of units between two restarts.
    ///
    /// # Errors
    /// Data that end too soon, and codes that are none.
    pub(super) fn follow(
        &mut self,
        scan: &Scan<'_>,
        units: Range<usize>,
        bits: &mut Bits<'_>,
    ) -> Result<(), Broken> {
        let mut run = Run {
            means: [0; 4],
            empty: 0,
        };
        for unit in units {
            if let [one] = scan.parts[..] {
                let [across, _] = self.components[one].used;
                let block = (unit / across) * self.components[one].size[0] + unit % across;
                self.block(scan, 0, block, &mut run, bits)?;
                continue;
            }
            let [across, _] = self.units;
            for (place, component) in scan.parts.iter().enumerate() {
                let [columns, rows] = self.components[*component].sampling;
                let width = self.components[*component].size[0];
                for inside in 0..columns * rows {
                    let row = (unit / across) * rows + inside / columns;
                    let column = (unit % across) * columns + inside % columns;
                    self.block(scan, place, row * width + column, &mut run, bits)?;
                }
            }
        }
        // Nothing may be left of a run of empty blocks.
        if run.empty > 0 {
            Err(Broken::Order)
        } else {
            Ok(())
        }
    }

    fn block(
        &mut self,
        scan: &Scan<'_>,
        place: usize,
        block: usize,
        run: &mut Run,
        bits: &mut Bits<'_>,
    ) -> Result<(), Broken> {
        let component = scan.parts[place];
        let [means, rest] = scan.codes[place];
        if !self.progressive {
            self.mean(scan, component, means, run, bits)?;
            return plain(bits, rest.ok_or(Broken::Order)?);
        }
        if scan.band[0] == 0 {
            return match scan.refines {
                true => bits.take(1).map(|_| ()),
                false => self.mean(scan, component, means, run, bits),
            };
        }
        let codes = rest.ok_or(Broken::Order)?;
        let known = self
            .known
            .get_mut(component)
            .and_then(|of| of.get_mut(block));
        let known = known.ok_or(Broken::Order)?;
        match scan.refines {
            true => refined(bits, codes, scan.band, known, &mut run.empty),
            false => first(bits, codes, scan.band, known, &mut run.empty),
        }
    }

    /// The mean of a block, as its difference from the one before.
    fn mean(
        &mut self,
        scan: &Scan<'_>,
        component: usize,
        codes: Option<&Codes>,
        run: &mut Run,
        bits: &mut Bits<'_>,
    ) -> Result<(), Broken> {
        let length = bits.code(codes.ok_or(Broken::Order)?)?;
        if length > 15 {
            return Err(Broken::Code);
        }
        let mean = &mut run.means[component];
        *mean = mean.saturating_add(bits.signed(u32::from(length))?);
        let step = self.components[component].step;
        let brightness = mean.saturating_mul(1 << scan.shift).saturating_mul(step);
        self.odd |= brightness.saturating_abs() > BRIGHTEST + 2 * step;
        Ok(())
    }
}

/// The coefficients of a block behind its mean, all at once.
fn plain(bits: &mut Bits<'_>, codes: &Codes) -> Result<(), Broken> {
    let mut at = 1;
    while at < 64 {
        let code = bits.code(codes)?;
        let (zeros, length) = (usize::from(code >> 4), u32::from(code & 15));
        match (zeros, length) {
            (15, 0) => at += 16,
            (_, 0) => return Ok(()),
            _ => {
                at += zeros + 1;
                bits.take(length)?;
            }
        }
    }
    if at > 64 { Err(Broken::Code) } else { Ok(()) }
}

/// The first bits of a band of coefficients.
fn first(
    bits: &mut Bits<'_>,
    codes: &Codes,
    [begin, end]: [usize; 2],
    known: &mut u64,
    empty: &mut u32,
) -> Result<(), Broken> {
    if *empty > 0 {
        *empty -= 1;
        return Ok(());
    }
    let mut at = begin;
    while at <= end {
        let code = bits.code(codes)?;
        let (zeros, length) = (usize::from(code >> 4), u32::from(code & 15));
        match (zeros, length) {
            (15, 0) => at += 16,
            (run, 0) => {
                *empty = (1 << run) + bits.take(run as u32)? - 1;
                return Ok(());
            }
            _ => {
                at += zeros;
                if at > end {
                    return Err(Broken::Code);
                }
                bits.take(length)?;
                *known |= 1 << at;
                at += 1;
            }
        }
    }
    if at > end + 1 {
        Err(Broken::Code)
    } else {
        Ok(())
    }
}

/// A further bit of a band: one for every coefficient that is known, and new ones between.
fn refined(
    bits: &mut Bits<'_>,
    codes: &Codes,
    [begin, end]: [usize; 2],
    known: &mut u64,
    empty: &mut u32,
) -> Result<(), Broken> {
    let before = *known;
    let is_known = |at: usize| before >> at & 1 == 1;
    let mut at = begin;
    while *empty == 0 && at <= end {
        let code = bits.code(codes)?;
        let (mut zeros, length) = (usize::from(code >> 4), u32::from(code & 15));
        match (zeros, length) {
            (15, 0) => {}
            (run, 0) => {
                *empty = (1 << run) + bits.take(run as u32)?;
                break;
            }
            (_, 1) => {
                bits.take(1)?;
            }
            _ => return Err(Broken::Code),
        }
        // Over so many that stay 0, to the one that is new.
        loop {
            if at > end {
                return Err(Broken::Code);
            }
            if is_known(at) {
                bits.take(1)?;
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            at += 1;
        }
        if length == 1 {
            *known |= 1 << at;
        }
        at += 1;
    }
    if *empty > 0 {
        while at <= end {
            if is_known(at) {
                bits.take(1)?;
            }
            at += 1;
        }
        *empty -= 1;
    }
    Ok(())
}
