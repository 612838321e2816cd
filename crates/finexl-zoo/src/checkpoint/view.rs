//! Tensors under another name, or parts of them.

/// What is to be seen of a stored tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The name that it is taken by.
    pub name: String,
    /// Its shape, before rows and columns are exchanged.
    pub shape: Vec<usize>,
    /// Numbers of the stored tensor before its first.
    pub offset: usize,
    /// Whether it is taken with rows and columns exchanged, `[columns, rows]`.
    pub transposed: bool,
}

impl View {
    /// All of a tensor under another name.
    pub fn renamed(name: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            offset: 0,
            transposed: false,
        }
    }

    /// All of a matrix, with rows and columns exchanged.
    pub fn turned(name: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            transposed: true,
            ..Self::renamed(name, shape)
        }
    }
}
