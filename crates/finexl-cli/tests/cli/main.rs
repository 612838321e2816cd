//! Tests of the whole workspace and of the binary; one module per subject.

mod workspace;
