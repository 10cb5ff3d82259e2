# SPDX-License-Identifier: Apache-2.0
"""What goes on beside a test's block."""

import threading


class Beside:
    """`work()` in a thread of its own: from the beginning of the block until it ends, or until stop(). What goes wrong in
    there is an error of the block."""

    def __enter__(self):
        self.over = threading.Event()
        self._problem = None
        self.open()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        return self

    def _work(self):
        try:
            self.work()
        except Exception as problem:
            self._problem = problem

    def stop(self):
        """When the work has come to its end."""
        self.over.set()
        self._thread.join()

    def __exit__(self, *_):
        self.stop()
        self.close()
        if self._problem:
            raise self._problem

    def open(self):
        pass

    def work(self):
        """Until self.over is set."""
        raise NotImplementedError

    def close(self):
        pass
