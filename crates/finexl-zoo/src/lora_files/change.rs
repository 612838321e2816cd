//! What a file does to the weight of one layer, as its factors.
//!
//! Shapes are checked against each other here; whether they fit a model is another question.

use super::magnitude::Magnitude;
use super::role::Role;
use crate::tensor_file::StoredTensor;
use std::collections::BTreeMap;

/// Largest rank that is read. No layer has more than 1280 directions to spare, and what is computed from factors grows
/// with the square of the rank, whatever a header says.
const MOST_RANK: usize = 2048;

/// The tensors of one layer.
pub(super) type Roles<'a> = BTreeMap<Role, StoredTensor<'a>>;

/// A change of a weight, seen as a matrix `[outputs, inputs * kernel * kernel]`.
#[derive(Clone, Debug)]
pub enum Change<'a> {
    /// LoRA and LoCon: `up down`, with a core between them for Tucker.
    LowRank {
        /// `[outputs, rank]`.
        up: StoredTensor<'a>,
        /// `[rank, rank, kernel, kernel]`.
        mid: Option<StoredTensor<'a>>,
        /// `[rank, inputs]`, without a core `[rank, inputs * kernel * kernel]`.
        down: StoredTensor<'a>,
    },
    /// LoHa: the entrywise product of two low-rank matrices.
    Hadamard {
        /// The first one.
        first: Product<'a>,
        /// The second one.
        second: Product<'a>,
    },
    /// LoKr: the Kronecker product of two matrices.
    Kronecker {
        /// The outer one.
        outer: Grid<'a>,
        /// The inner one.
        inner: Grid<'a>,
    },
    /// A whole difference.
    Full {
        /// As the weight.
        difference: StoredTensor<'a>,
    },
    /// IA3: the weight times a number per output or input, added to it.
    Channels {
        /// A number per channel.
        weight: StoredTensor<'a>,
        /// Whether channels are inputs.
        on_input: bool,
    },
}

/// A low-rank matrix of LoHa.
#[derive(Clone, Debug)]
pub struct Product<'a> {
    /// `[outputs, rank]`, with a core `[rank, outputs]`.
    pub a: StoredTensor<'a>,
    /// `[rank, inputs * kernel * kernel]`, with a core `[rank, inputs]`.
    pub b: StoredTensor<'a>,
    /// `[rank, rank, kernel, kernel]`.
    pub core: Option<StoredTensor<'a>>,
}

/// A matrix of LoKr.
#[derive(Clone, Debug)]
pub enum Grid<'a> {
    /// A whole matrix.
    Whole(StoredTensor<'a>),
    /// A low-rank one.
    Factors(Product<'a>),
}

/// A change with what stands beside it.
pub(super) struct Built<'a> {
    /// What is done to the weight, if anything.
    pub change: Option<Change<'a>>,
    /// Added to the bias.
    pub bias: Option<StoredTensor<'a>>,
    /// Lengths of DoRA.
    pub magnitude: Option<Magnitude<'a>>,
    /// Whether it is the weight of a norm.
    pub is_norm: bool,
}

impl Change<'_> {
    /// Shape of the matrix that is changed; `None` for IA3, which holds one side only.
    pub fn matrix(&self) -> Option<[usize; 2]> {
        let area = |core: &Option<StoredTensor<'_>>| core.as_ref().map_or(1, area_of);
        match self {
            Self::LowRank { up, mid, down } => {
                Some([up.matrix()[0], down.matrix()[1].saturating_mul(area(mid))])
            }
            Self::Hadamard { first, .. } => Some(first.matrix()),
            Self::Kronecker { outer, inner } => {
                let ([a, b], [c, d]) = (outer.matrix(), inner.matrix());
                Some([a.checked_mul(c)?, b.checked_mul(d)?])
            }
            Self::Full { difference } => Some(difference.matrix()),
            Self::Channels { .. } => None,
        }
    }

    /// The rank that alpha is divided by; `None` for kinds without a scale.
    pub fn rank(&self) -> Option<usize> {
        match self {
            Self::LowRank { down, .. } => Some(down.matrix()[0]),
            Self::Hadamard { first, .. } => Some(first.b.matrix()[0]),
            Self::Kronecker { outer, inner } => match (outer, inner) {
                (_, Grid::Factors(product)) | (Grid::Factors(product), _) => {
                    Some(product.b.matrix()[0])
                }
                (Grid::Whole(_), Grid::Whole(_)) => None,
            },
            Self::Full { .. } | Self::Channels { .. } => None,
        }
    }

    /// Its tensors.
    pub(super) fn tensors(&self) -> Vec<&StoredTensor<'_>> {
        match self {
            Self::LowRank { up, mid, down } => [up, down].into_iter().chain(mid.as_ref()).collect(),
            Self::Hadamard { first, second } => {
                let mut tensors = first.tensors();
                tensors.extend(second.tensors());
                tensors
            }
            Self::Kronecker { outer, inner } => {
                let mut tensors = outer.tensors();
                tensors.extend(inner.tensors());
                tensors
            }
            Self::Full { difference } => vec![difference],
            Self::Channels { weight, .. } => vec![weight],
        }
    }

    /// As a person calls its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LowRank { mid: Some(_), .. } => "LoCon with Tucker cores",
            Self::LowRank { down, .. } => match down.shape.get(2..) {
                Some(kernel) if kernel.iter().any(|side| *side > 1) => "LoCon",
                _ => "LoRA",
            },
            Self::Hadamard { .. } => "LoHa",
            Self::Kronecker { .. } => "LoKr",
            Self::Full { .. } => "whole differences",
            Self::Channels { .. } => "IA3",
        }
    }
}

impl Product<'_> {
    fn tensors(&self) -> Vec<&StoredTensor<'_>> {
        [&self.a, &self.b]
            .into_iter()
            .chain(self.core.as_ref())
            .collect()
    }

    /// Shape of the matrix.
    pub fn matrix(&self) -> [usize; 2] {
        match &self.core {
            None => [self.a.matrix()[0], self.b.matrix()[1]],
            Some(core) => {
                let inputs = self.b.matrix()[1];
                [self.a.matrix()[1], inputs.saturating_mul(area_of(core))]
            }
        }
    }
}

impl Grid<'_> {
    fn tensors(&self) -> Vec<&StoredTensor<'_>> {
        match self {
            Self::Whole(whole) => vec![whole],
            Self::Factors(product) => product.tensors(),
        }
    }

    /// Shape of the matrix.
    pub fn matrix(&self) -> [usize; 2] {
        match self {
            Self::Whole(whole) => whole.matrix(),
            Self::Factors(product) => product.matrix(),
        }
    }
}

/// Puts the tensors of a layer together. Alpha and scale are left to others.
///
/// # Errors
/// What is missing, too many or misshapen, to be put behind the layer's name.
pub(super) fn build<'a>(mut roles: Roles<'a>) -> Result<Built<'a>, String> {
    roles.remove(&Role::Alpha);
    roles.remove(&Role::Scale);
    if let Some((role, _)) = roles.iter().find(|(_, tensor)| tensor.count() == 0) {
        return Err(format!("{} holds no numbers", role.written()));
    }
    let magnitude = roles.remove(&Role::Magnitude).map(Magnitude::by_shape);
    let vector = roles.remove(&Role::MagnitudeVector);
    if magnitude.is_some() && vector.is_some() {
        return Err("it has two magnitudes, dora_scale and lora_magnitude_vector".to_string());
    }
    let magnitude = magnitude.or(vector.map(|lengths| Magnitude {
        lengths,
        of_outputs: true,
    }));
    let mut bias = roles.remove(&Role::BiasDifference);
    let norm = roles.remove(&Role::NormDifference);
    let norm_bias = roles.remove(&Role::NormBiasDifference);
    let is_norm = norm.is_some() || norm_bias.is_some();
    if bias.is_some() && norm_bias.is_some() {
        return Err("it has two changes of its bias, diff_b and b_norm".to_string());
    }
    bias = bias.or(norm_bias);
    let mut change = norm.map(|difference| Change::Full { difference });
    if let Some(first) = roles.keys().next().copied() {
        if change.is_some() {
            return Err("it holds the difference of a norm beside other factors".to_string());
        }
        change = Some(match first {
            Role::Down | Role::Up | Role::Mid => low_rank(&mut roles)?,
            Role::Channels | Role::OnInput => channels(&mut roles)?,
            Role::Difference => Change::Full {
                difference: take(&mut roles, Role::Difference)?,
            },
            role if role <= Role::HadaT2 => hadamard(&mut roles)?,
            _ => kronecker(&mut roles)?,
        });
    }
    if let Some(left) = roles.keys().next() {
        return Err(format!(
            "it mixes factors of two kinds ({})",
            left.written()
        ));
    }
    if change.is_none() && (bias.is_none() || magnitude.is_some()) {
        return Err("it has an alpha or a magnitude, but no factors".to_string());
    }
    Ok(Built {
        change,
        bias,
        magnitude,
        is_norm,
    })
}

fn take<'a>(roles: &mut Roles<'a>, role: Role) -> Result<StoredTensor<'a>, String> {
    roles
        .remove(&role)
        .ok_or_else(|| format!("{} is missing", role.written()))
}

fn low_rank<'a>(roles: &mut Roles<'a>) -> Result<Change<'a>, String> {
    let (up, down) = (take(roles, Role::Up)?, take(roles, Role::Down)?);
    let mid = roles.remove(&Role::Mid);
    let [outside, inside] = [up.matrix()[1], down.matrix()[0]];
    let sides = match &mid {
        None => [inside, outside],
        Some(core) => core_sides(core)?,
    };
    if [outside, inside] != sides || inside == 0 {
        let core = match &mid {
            None => String::new(),
            Some(core) => format!(", lora_mid {:?}", core.shape),
        };
        return Err(format!(
            "its ranks disagree (lora_up {:?}, lora_down {:?}{core})",
            up.shape, down.shape
        ));
    }
    check_rank(inside.max(outside))?;
    Ok(Change::LowRank { up, mid, down })
}

fn check_rank(rank: usize) -> Result<(), String> {
    match rank <= MOST_RANK {
        true => Ok(()),
        false => Err(format!(
            "its rank is {rank}, more than {MOST_RANK} is not read"
        )),
    }
}

/// Area of the kernel that a core holds.
fn area_of(core: &StoredTensor<'_>) -> usize {
    let kernel = core.shape.iter().skip(2);
    kernel.fold(1, |area: usize, side| area.saturating_mul(*side))
}

fn core_sides(core: &StoredTensor<'_>) -> Result<[usize; 2], String> {
    match core.shape[..] {
        [a, b, ..] if core.shape.len() == 4 => Ok([a, b]),
        _ => Err(format!(
            "its core has the shape {:?}, not four sides",
            core.shape
        )),
    }
}

fn product<'a>(
    a: StoredTensor<'a>,
    b: StoredTensor<'a>,
    core: Option<StoredTensor<'a>>,
) -> Result<Product<'a>, String> {
    let rank = b.matrix()[0];
    let fits = match &core {
        None => a.matrix()[1] == rank,
        Some(core) => core_sides(core)? == [a.matrix()[0], rank],
    };
    if !fits || rank == 0 {
        return Err(format!(
            "its ranks disagree (factors {:?} and {:?}{})",
            a.shape,
            b.shape,
            match &core {
                None => String::new(),
                Some(core) => format!(", core {:?}", core.shape),
            }
        ));
    }
    // Through a core the left factor may have a rank of its own.
    check_rank(core.as_ref().map_or(rank, |core| rank.max(core.shape[0])))?;
    Ok(Product { a, b, core })
}

fn hadamard<'a>(roles: &mut Roles<'a>) -> Result<Change<'a>, String> {
    let mut one = |a, b, core| {
        let (a, b) = (take(roles, a)?, take(roles, b)?);
        product(a, b, roles.remove(&core))
    };
    let first = one(Role::HadaW1A, Role::HadaW1B, Role::HadaT1)?;
    let second = one(Role::HadaW2A, Role::HadaW2B, Role::HadaT2)?;
    let ranks = [&first, &second].map(|product| product.b.matrix()[0]);
    if first.matrix() != second.matrix() || ranks[0] != ranks[1] {
        return Err(format!(
            "its two products do not fit each other ({:?} of rank {}, {:?} of rank {})",
            first.matrix(),
            ranks[0],
            second.matrix(),
            ranks[1]
        ));
    }
    Ok(Change::Hadamard { first, second })
}

fn kronecker<'a>(roles: &mut Roles<'a>) -> Result<Change<'a>, String> {
    let mut grid = |whole, a, b, core: Option<Role>| match roles.remove(&whole) {
        Some(whole) => Ok(Grid::Whole(whole)),
        None => {
            let (a, b) = (take(roles, a)?, take(roles, b)?);
            let core = core.and_then(|core| roles.remove(&core));
            product(a, b, core).map(Grid::Factors)
        }
    };
    let outer = grid(Role::KronW1, Role::KronW1A, Role::KronW1B, None)?;
    let inner = grid(
        Role::KronW2,
        Role::KronW2A,
        Role::KronW2B,
        Some(Role::KronT2),
    )?;
    if let (Grid::Factors(a), Grid::Factors(b)) = (&outer, &inner)
        && a.b.matrix()[0] != b.b.matrix()[0]
    {
        let ranks = [a, b].map(|product| product.b.matrix()[0]);
        return Err(format!(
            "its ranks disagree ({} and {})",
            ranks[0], ranks[1]
        ));
    }
    Ok(Change::Kronecker { outer, inner })
}

fn channels<'a>(roles: &mut Roles<'a>) -> Result<Change<'a>, String> {
    let weight = take(roles, Role::Channels)?;
    let on_input = take(roles, Role::OnInput)?;
    // A truth value is stored as one byte, or as a number.
    let on_input = match on_input.shape.iter().product::<usize>() {
        1 => on_input.is_true(),
        _ => return Err("on_input is not one truth value".to_string()),
    };
    Ok(Change::Channels { weight, on_input })
}
