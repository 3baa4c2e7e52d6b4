# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 10 · Korean reviews · 한국어 영화 리뷰
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/10_korean_reviews.ipynb)
#
# Our answers to the [exercises](../exercises/10_korean_reviews.ipynb) of [notebook 10](../10_korean_reviews.ipynb). Your answer
# may look different and still be right, because the checks accept any answer that does what the exercise asks. Try each
# exercise yourself *before* you look here.
#
# The exercises are the milestones of the project. The first six have checks, the seventh is your own row in the leaderboard,
# and the last one is a question to think about.
#
# **한국어:** 연습 문제 하나하나가 이 프로젝트의 한 단계입니다. 1번부터 6번까지는 코드가 답을 확인해 주고, 7번에서는 리더보드에 여러분의 결과를 적습니다.
#
# **Time:** about an hour and a half for the first six milestones. No cell takes the computer more than a few seconds, and you
# don't need a corpus. Plan an afternoon for the seventh.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import runtime
from course_utils.checks import korean_reviews as checks

runtime.start(seed=42)

# %%
import re

import numpy as np

# %% [markdown]
# ## 1. Take a syllable apart · 음절 나누기
#
# In section 2 you let `unicodedata` take syllables apart. You can do without it, because the code of a Hangul syllable tells
# you its letters. A syllable has a lead, a vowel and often a tail. There are 19 leads, 21 vowels and 28 tails, where number 0
# means that there is no tail. Unicode puts the syllables in this order, beginning with 가 at `0xAC00`:
#
# `code = 0xAC00 + (lead × 21 + vowel) × 28 + tail`
#
# Go the other way, from the code to the three numbers. `ord` gives you the code of a character. All three numbers begin at 0,
# so 한 has 18, 0 and 4.
#
# **한국어:** 한글 음절은 초성, 중성, 종성의 번호로 계산한 하나의 수입니다. 음절의 코드에서 세 번호를 구해 보세요. 받침이 없으면 종성의 번호는 0입니다.


# %% tags=["solution"]
def syllable_parts(syllable):
    """Return three whole numbers: the lead, the vowel and the tail of one Hangul syllable, such as "한"."""
    above, tail = divmod(ord(syllable) - 0xAC00, 28)
    lead, vowel = divmod(above, 21)
    return lead, vowel, tail


# %%
checks.syllable_parts(syllable_parts)

# %% [markdown]
# ## 2. A slip on purpose · 일부러 틀리기
#
# In today's Korean, ㅐ and ㅔ sound alike, so people mix them up when they type. Do it on purpose: swap the two vowels in every
# syllable of a text, in both directions. A syllable keeps its lead and its tail, so 했네 becomes 헸내. Everything that is not a
# Hangul syllable stays as it is. The vowel ㅐ has number 1, and ㅔ has number 5. Use your `syllable_parts` or `unicodedata`.
#
# **한국어:** 요즘은 ㅐ와 ㅔ의 발음이 거의 같아서 맞춤법을 자주 틀립니다. 글에서 이 두 모음을 서로 바꿔 보세요. 초성과 받침은 그대로 두어야 합니다.


# %% tags=["solution"]
def swap_vowels(text):
    """Return the text with ㅐ and ㅔ swapped in its Hangul syllables."""
    letters = []
    for letter in text:
        if "가" <= letter <= "힣":
            vowel = syllable_parts(letter)[1]
            letter = chr(ord(letter) + 28 * {1: 4, 5: -4}.get(vowel, 0))
        letters.append(letter)
    return "".join(letters)


# %%
checks.swap_vowels(swap_vowels)

# %% [markdown]
# Now you have a perturbation that section 5 doesn't have. Which cut will suffer most from it? Guess first, then add your
# function to the dictionary `perturbations` there and run the cells below it again.

# %% [markdown]
# ## 3. ㅋㅋㅋ or ㅋㅋㅋㅋㅋㅋ? · 반복되는 글자 줄이기
#
# ㅋㅋㅋ is laughter, and nobody counts how many ㅋ they type. If you split at spaces, each length becomes a different token.
# Shorten every run of the same character to at most `most` characters, whatever the character is. Shorter runs stay as they
# are. All digits stay, too, because 10000 won is not 100 won.
#
# **한국어:** ㅋㅋㅋ의 길이는 사람마다 다릅니다. 같은 글자가 `most`번보다 많이 이어지면 `most`번으로 줄이세요. 숫자는 줄이면 안 됩니다.


# %% tags=["solution"]
def shorten(text, most):
    """Return the text, in which no character but a digit occurs more than `most` times in a row. `most` is 1 or more."""
    return re.sub(r"(\D)\1+", lambda run: run[0][:most], text)


# %%
checks.shorten(shorten)

# %% [markdown]
# Is 하하하하 laughter, too? Your function shortens it to 하하 if `most` is 2. Longer units that repeat, as in ㅋㅎㅋㅎㅋㅎ, need another
# pattern.

# %% [markdown]
# ## 4. What a filter says about a text · 합성곱과 최댓값
#
# Our network slides each filter of its convolution over the vectors of a text, applies a ReLU and keeps only the largest
# value. Compute that in NumPy. A window holds as many vectors as the kernel is wide. To keep it simple, no window reaches
# beyond either end of the text, as with `padding="valid"` in Keras. The notebook uses `padding="same"`, which adds zeros at
# both ends. To get the value of a window, multiply each of its numbers by the one at the same place in the kernel, add up the
# products, and add the bias.
#
# **한국어:** 합성곱 필터를 글 위에서 한 칸씩 움직이며 값을 계산하고, 렐루를 적용한 뒤 가장 큰 값만 남깁니다. 이것을 넘파이로 계산해 보세요.


# %% tags=["solution"]
def strongest(vectors, kernel, bias):
    """Return floats (filters,): the largest value of each filter over time, after the ReLU.

    `vectors` are floats (time, dimensions), `kernel` (width, dimensions, filters), and `bias` (filters,). The text is at
    least as long as the kernel is wide.
    """
    last = len(vectors) - len(kernel)
    windows = [np.tensordot(vectors[at : at + len(kernel)], kernel, axes=2) for at in range(last + 1)]
    return np.maximum(np.max(windows, axis=0) + bias, 0)


# %%
checks.strongest(strongest)

# %% [markdown]
# Notice what the largest value forgets: where it was found, and how often. For "is there a phrase of praise anywhere?" that is
# just right.

# %% [markdown]
# ## 5. Is the difference real? · 차이가 정말 있을까요?
#
# Two models have read the same test reviews, each from several seeds. You have a 1 where a model was right and a 0 where it was
# wrong. Return the difference of their accuracies, the first minus the second, and the two ends of a 95% interval.
#
# First take the mean over the seeds, and then the difference, so that you have one number per review. The difference of the
# accuracies is the mean of these numbers. Its standard error is their standard deviation, with n - 1 in the denominator,
# divided by the square root of n. The interval reaches 1.96 standard errors to each side.
#
# **한국어:** 두 모델이 같은 리뷰를 읽었으므로 리뷰마다 차이를 먼저 구합니다. 그 평균과 95% 신뢰 구간을 계산해 보세요. 구간에 0이 들어 있으면 차이가 있다고 말할 수 없습니다.


# %% tags=["solution"]
def paired_interval(first, second):
    """Return three numbers: the difference, the low end and the high end.

    `first` and `second` are floats (seeds, reviews), 1.0 where a model was right.
    """
    per_review = first.mean(axis=0) - second.mean(axis=0)
    reach = 1.96 * per_review.std(ddof=1) / np.sqrt(len(per_review))
    return per_review.mean(), per_review.mean() - reach, per_review.mean() + reach


# %%
checks.paired_interval(paired_interval)

# %% [markdown]
# `Runs.compare` does more. It draws test reviews *and* seeds, so with two or more seeds, its interval also covers the luck of
# the seeds and is usually wider.

# %% [markdown]
# ## 6. Choose fairly · 공정하게 고르기
#
# You have tried several models, each from a few seeds, and you may report one of them. Choose the model with the highest mean
# accuracy on the validation part. Report its name and its mean accuracy on the test part.
#
# **한국어:** 모델은 검증 세트로 고르고, 점수는 테스트 세트로 보고합니다. 테스트 점수를 보고 모델을 고르면 안 됩니다.


# %% tags=["solution"]
def choose(validation, test):
    """Return a name and a number. Both arguments are dicts: name of each model to its accuracies, one per seed."""
    best = max(validation, key=lambda name: np.mean(validation[name]))
    return best, np.mean(test[best])


# %%
checks.choose(choose)

# %% [markdown]
# ## 7. Your row in the leaderboard · 나의 기록
#
# Now build something better than our network. Work in a copy of the notebook. Copy this table into a new cell, and add one row
# for each model that you want to report. The rules are those of the notebook:
#
# - Train on the training part only. Choose settings on a validation part that you take from it.
# - Use the test part once for each row. If you look twice, say so in the last column.
# - Write down what another person needs to repeat your run: the cut, the network, the seeds, the minutes, the machine.
# - "Better than" needs three seeds and an interval.
#
# **한국어:** 여러분의 모델로 표를 채워 보세요. 테스트 세트는 한 줄에 한 번만 쓰고, 시드와 걸린 시간도 함께 적어 주세요.
#
# | name · 이름 | cut · 자르는 단위 | model · 모델 | seeds · 시드 | test accuracy · 정확도 | 95% interval · 구간 | minutes · 시간(분) | notes · 비고 |
# |---|---|---|---|---|---|---|---|
# | | | | | | | | |
# | | | | | | | | |
# | | | | | | | | |
#
# Some ideas to start with: `shorten` the runs before you cut. Add word vectors that you train on all reviews yourself. Read
# two cuts at once, and then three. Let counting and the network vote together.

# %% [markdown] tags=["solution"]
# **Our rows** are in the last table of the notebook. We have no secret row that is better. If you have one with an interval
# above ours, tell us in an issue of the repository.

# %% [markdown]
# ## 8. To think about · 생각해 보기
#
# Someone shows you a page that reports 0.90 on Korean reviews, and your network has 0.87. Both are accuracies on 50,000 movie
# reviews from the same website. What do you need to know before you can say that their model is better than yours?

# %% [markdown] tags=["solution"]
# **The reviews.** The published corpus has a fixed split, and ours is another draw from the same raw reviews. Ratings from 5
# to 8 are left out in both. A draw can be a little easier or harder. So the safe way is to train and test both models on one
# split. If you can't, say so next to the number.
#
# **Doubles.** Short reviews such as *최고* occur many times. If a text of the test part also occurs in the training part, a
# model may know it by heart. Count such texts in your data, and ask how many there are in theirs.
#
# **What was learned elsewhere.** A pretrained model has read billions of words before it saw a review. It may well reach 0.90.
# Then the comparison tells you what pretraining is worth, and nothing about your network. Perhaps the pretraining text even
# contained the test reviews, which have been public for years.
#
# **How it was chosen.** Did they tune on the test part? After twenty tries, the best of them looks too good by luck alone.
#
# **The size of luck.** With 50,000 test reviews, the standard error of an accuracy of 0.87 is the square root of 0.87 × 0.13 /
# 50,000. So its 95% interval reaches 0.3 points to each side. For the difference of two models on two test parts of this size,
# it reaches about 0.4. Three points are far outside, so the choice of test reviews cannot explain them. A difference of 0.2
# points would be another matter. The luck of the seeds adds to that.
#
# **한국어:** 같은 데이터를 같은 방식으로 나누었는지, 겹치는 리뷰가 있는지, 다른 글로 미리 학습했는지, 테스트 세트로 모델을 골랐는지 먼저 확인해야 합니다.

# %%
runtime.finish(headline="6 milestones with checks, a leaderboard, a question")
