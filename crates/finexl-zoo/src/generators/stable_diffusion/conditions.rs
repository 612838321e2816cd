//! What steers a picture beside its noise.

use burn::tensor::{Int, Tensor, TensorData};

/// Texts as the UNet reads them.
#[derive(Clone, Debug)]
pub struct TextConditions {
    /// A row per token, `[n, 77, width]`.
    pub context: Tensor<3>,
    /// Pooled text, `[n, width]`: XL only.
    pub pooled: Option<Tensor<2>>,
    /// Places of texts that were cut, since they have more tokens than are read.
    pub cut: Vec<usize>,
}

impl TextConditions {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.context.dims()[0]
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The conditions at some places, in that order.
    pub fn select(&self, places: &[usize]) -> Self {
        let device = self.context.device();
        let indices: Vec<i64> = places.iter().map(|place| *place as i64).collect();
        let indices = TensorData::new(indices, [places.len()]);
        let indices = Tensor::<1, Int>::from_data(indices, &device);
        let cut = (places.iter().enumerate()).filter(|(_, place)| self.cut.contains(place));
        Self {
            context: self.context.clone().select(0, indices.clone()),
            pooled: self.pooled.clone().map(|pooled| pooled.select(0, indices)),
            cut: cut.map(|(to, _)| to).collect(),
        }
    }

    /// One behind the other. Nothing of nothing is not possible: `parts` has at least one.
    pub fn cat(parts: Vec<Self>) -> Self {
        let (mut cut, mut first) = (Vec::new(), 0);
        for part in &parts {
            cut.extend(part.cut.iter().map(|place| place + first));
            first += part.len();
        }
        let pooled: Option<Vec<Tensor<2>>> = parts.iter().map(|part| part.pooled.clone()).collect();
        Self {
            context: Tensor::cat(parts.into_iter().map(|part| part.context).collect(), 0),
            pooled: pooled
                .filter(|parts| !parts.is_empty())
                .map(|parts| Tensor::cat(parts, 0)),
            cut,
        }
    }

    /// The conditions of one text for `n` pictures; those of several stay as they are.
    pub fn repeat(&self, n: usize) -> Self {
        match self.len() {
            1 => self.select(&vec![0; n]),
            _ => self.clone(),
        }
    }

    /// Zeros of the same shape.
    pub(super) fn zeros(&self) -> Self {
        Self {
            context: self.context.zeros_like(),
            pooled: self.pooled.as_ref().map(Tensor::zeros_like),
            cut: Vec::new(),
        }
    }
}

/// What stands beside the text.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// XL's sizes; none takes those of the picture, without a crop.
    pub sizes: Option<Sizes>,
    /// The scale of guidance, for models that read it; guidance itself is then off.
    pub guidance: Option<f64>,
}

/// Sizes that XL reads, pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Height and width that a training picture had.
    pub original: [f64; 2],
    /// Top and left of what was cut out of it.
    pub crop: [f64; 2],
    /// Height and width that are wanted.
    pub target: [f64; 2],
}

impl Sizes {
    /// Those of a whole picture.
    pub fn whole(height: usize, width: usize) -> Self {
        let size = [height as f64, width as f64];
        Self {
            original: size,
            crop: [0.0; 2],
            target: size,
        }
    }

    /// In the order of the UNet.
    pub(super) fn numbers(&self) -> [f64; 6] {
        let ([a, b], [c, d], [e, f]) = (self.original, self.crop, self.target);
        [a, b, c, d, e, f]
    }
}
