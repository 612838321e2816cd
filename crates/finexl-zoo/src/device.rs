//! Devices by name; always chosen explicitly, never by an environment variable.

use crate::ZooError;
pub use burn::tensor::Device;

/// The names that [`by_name`] knows in this build.
pub fn names() -> Vec<&'static str> {
    let mut names = vec!["cpu"];
    if cfg!(feature = "wgpu") {
        names.push("wgpu");
    }
    if cfg!(feature = "cuda") {
        names.push("cuda");
    }
    names
}

/// The device of a name: `cpu` (burn-flex), `wgpu` or `cuda` where built in.
///
/// # Errors
/// [`ZooError::Unknown`] for any other name.
pub fn by_name(name: &str) -> Result<Device, ZooError> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        "cuda" => Ok(Device::cuda(0)),
        _ => Err(ZooError::Unknown {
            kind: "device",
            name: name.to_string(),
            known: names().join(", "),
        }),
    }
}

/// The name of a device, as [`by_name`] knows it.
pub fn name(device: &Device) -> &'static str {
    let known = names().into_iter();
    let mut same = known.filter(|name| by_name(name).is_ok_and(|other| other == *device));
    same.next().unwrap_or("another device")
}
