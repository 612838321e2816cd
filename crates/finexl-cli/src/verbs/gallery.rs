//! `finexl gallery`: an index as pages.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, remark};
use finexl::Error;
use finexl::gallery::{Gallery as Pages, GalleryServer, ServerLimits, write_site};
use finexl_index::models_index::ModelsIndex;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Show the models of an index as pages: a grid with sliders for aspects, search, comparisons, a page per model.
///
/// With --out as a folder that works from the disk and from any web server; with --serve on this machine, where words are
/// looked for as `finexl search` does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl gallery models.finexl --out site\n  finexl gallery models.finexl --serve"
)]
pub struct Gallery {
    /// The index.
    index: PathBuf,
    /// Folder to write; an older gallery there is replaced.
    #[arg(long, value_name = "DIR", required_unless_present = "serve")]
    out: Option<PathBuf>,
    /// Serve the gallery until Ctrl-C.
    #[arg(long, conflicts_with = "out")]
    serve: bool,
    /// Where --serve listens; anything but an address of loopback lets others of the network read.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), requires = "serve")]
    address: IpAddr,
    /// Its port; 0 is any that is free.
    #[arg(long, default_value_t = 8017, requires = "serve")]
    port: u16,
}

impl Gallery {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let index = ModelsIndex::open(&self.index).map_err(Error::from)?;
        match &self.out {
            Some(out) => self.write(index, out, arguments),
            None => self.serve(index, arguments),
        }
    }

    fn write(
        &self,
        index: ModelsIndex,
        out: &Path,
        arguments: &Arguments,
    ) -> Result<ExitCode, CliError> {
        let progress = Progress::new(arguments.quiet);
        let site = write_site(&Pages::new(index, false), out, &|done, all| {
            progress.show("writing pages", done, all);
        })?;
        let gone = (site.missing > 0).then(|| {
            format!(
                "{} models had a report when they were indexed and have none now, so they are shown without; index \
                 their records again",
                site.missing
            )
        });
        let missing: Vec<String> = gone.into_iter().collect();
        remark(&missing, arguments.quiet);
        print(&format!(
            "{} models in {} files; open {}\n",
            site.models,
            site.files,
            out.join("index.html").display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn serve(&self, index: ModelsIndex, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let address = SocketAddr::new(self.address, self.port);
        let pages = Pages::new(index, true);
        let server = GalleryServer::bind(pages, address, ServerLimits::default())?;
        if !self.address.is_loopback() {
            let note = "others of the network can read this gallery, its reports and its pictures";
            remark(&[note.to_string()], arguments.quiet);
        }
        print(&format!("http://{}/ (end with Ctrl-C)\n", server.address()))?;
        server.run()?;
        Ok(ExitCode::SUCCESS)
    }
}
