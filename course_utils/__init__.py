"""Helpers of the course: what a notebook has taught already, or does not teach."""

import os
import warnings

# Both must be in place before any module below imports TensorFlow or tqdm: neither message is about the lesson.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore", message="IProgress not found")
