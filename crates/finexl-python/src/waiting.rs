//! Work without the interpreter's lock: Ctrl-C is heard, progress is told, and others may use Python meanwhile.

use crate::errors::{InputError, raised};
use finexl::Error;
use pyo3::prelude::*;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

/// How often the calling thread looks for Ctrl-C.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What a piece of work and whoever waits for it share.
#[derive(Clone, Default)]
pub struct Watch {
    stopped: Arc<AtomicBool>,
    /// What Python code raised that the work called.
    failure: Arc<Mutex<Option<PyErr>>>,
}

impl Watch {
    /// Whether nobody waits for the result any more.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Keeps what Python code raised, to be raised by whoever waits; the first counts.
    pub fn keep_failure(&self, error: PyErr) {
        let mut slot = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(error);
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn failure(&self) -> Option<PyErr> {
        let mut slot = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

/// Pairs that are encoded, and how many there are.
type Step = (usize, usize);

/// Does something on a thread of its own; `progress`, a function of two numbers, is called on this one. After Ctrl-C, or
/// where `progress` raises, the work ends with its next picture, and what was raised is raised here.
pub fn waited<T: Send>(
    py: Python<'_>,
    watch: &Watch,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    check_process()?;
    show_warnings();
    let (sender, receiver) = channel::<Step>();
    let outcome = py.detach(move || {
        std::thread::scope(|scope| {
            let sender = Mutex::new(sender);
            // The sender goes with the work, so that its end is heard.
            let worker = scope.spawn(move || work(&|done, all| tell(&sender, (done, all))));
            let mut raised = None;
            loop {
                let step = receiver.recv_timeout(BETWEEN_LOOKS);
                if let Err(RecvTimeoutError::Disconnected) = step {
                    break;
                }
                if raised.is_none() {
                    raised = Python::attach(|py| look(py, progress.as_ref(), step.ok())).err();
                    if raised.is_some() {
                        watch.stop();
                    }
                }
            }
            (worker.join(), raised)
        })
    });
    let (joined, interrupted) = outcome;
    if let Some(error) = interrupted.or_else(|| watch.failure()) {
        return Err(error);
    }
    match joined {
        Ok(result) => result.map_err(raised),
        Err(panic) => resume_unwind(panic),
    }
}

/// Refuses a process that was forked from one in which the library has computed: the threads that it computes with stayed
/// there, and it would wait for them for ever.
pub fn check_process() -> PyResult<()> {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let here = std::process::id();
    match *FIRST.get_or_init(|| here) == here {
        true => Ok(()),
        false => Err(InputError::new_err(
            "this process was forked from one in which finexl has computed, and its threads stayed there; start processes \
             with multiprocessing.get_context(\"spawn\")",
        )),
    }
}

fn tell(sender: &Mutex<Sender<Step>>, step: Step) {
    let sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever waits stays until the work has ended.
    let _ = sender.send(step);
}

fn look(py: Python<'_>, progress: Option<&Py<PyAny>>, step: Option<Step>) -> PyResult<()> {
    py.check_signals()?;
    if let (Some(progress), Some((done, all))) = (progress, step) {
        progress.call1(py, (done, all))?;
    }
    Ok(())
}

/// What the library warns of goes to standard error, as with the command.
fn show_warnings() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| {
            tracing_subscriber::EnvFilter::new("warn,usvg=error,tiny_skia=error")
        });
        // Where the program has a subscriber of its own that one stays.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .without_time()
            .try_init();
    });
}
