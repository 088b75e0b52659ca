//! Tells a person who waits how much has been hashed so far.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use git_iao::base::Progress;

/// How long work goes on before anything is said about it.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a line stands.
const PACE: Duration = Duration::from_millis(200);

/// A line that follows a count until this is dropped, and then goes away.
pub(super) struct Shown {
    /// `None` once the thread was told to end.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Shown {
    /// Follows `progress`; each line, and an empty one at the end, goes to `print`.
    pub(super) fn follow(progress: &Progress, print: fn(&str)) -> Self {
        let (end, ended) = mpsc::channel();
        let progress = progress.clone();
        let thread = std::thread::spawn(move || {
            let mut wait = PATIENCE;
            let mut told = 0;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = PACE;
                if progress.bytes() != told {
                    told = progress.bytes();
                    print(&line(progress.objects(), told));
                }
            }
            if told > 0 {
                print("");
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A line that was not taken away is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn line(objects: u64, bytes: u64) -> String {
    format!("files hashed: {objects}, {} MB", bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static PRINTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[test]
    fn long_work_is_told_and_the_line_goes_away() {
        let progress = Progress::default();
        let shown = Shown::follow(&progress, |line| PRINTED.lock().unwrap().push(line.to_owned()));
        progress.count_object(2_500_000);
        std::thread::sleep(PATIENCE + 2 * PACE);
        drop(shown);
        assert_eq!(*PRINTED.lock().unwrap(), ["files hashed: 1, 2 MB", ""]);
    }
}
