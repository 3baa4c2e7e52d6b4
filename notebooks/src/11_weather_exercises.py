# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 11 · Weather: forecasting a series
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/11_weather.ipynb)
#
# Our answers to the [exercises](../exercises/11_weather.ipynb) of [notebook 11](../11_weather.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# The exercises are the milestones of a project. The seven functions are all the parts that you need for a forecast of your own
# and for an honest report about it. At the end, you enter your forecast in a table.
#
# **Time:** about an hour and a half for the milestones, and as long as you like for the forecast. No cell takes the computer
# more than a few seconds, and you don't need a data set for the milestones.
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
from course_utils.checks import weather as checks

runtime.start(seed=42)

# %%
import numpy as np

# %% [markdown]
# ## 1. A scale that an outlier can't move
#
# Scale the columns of `other` with numbers that come from the *training* rows alone: subtract the median, then divide by the
# distance between the quartiles, which are the quantiles 0.25 and 0.75 as `np.quantile` computes them. If this distance is 0
# because a column hardly ever changes, only subtract the median.


# %% tags=["solution"]
def scale(train, other):
    """Return the scaled rows of `other`. Both arrays are floats (rows, columns)."""
    low, middle, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high > low, high - low, 1)
    return (other - middle) / spread


# %%
checks.scale(scale)

# %% [markdown]
# ## 2. Fill gaps from the past
#
# A sensor was silent for a while, and its values are NaN. Replace each of them with the last value before it. At the beginning
# there may be no value yet. There, use `default`, a value that somebody computed from older data. A forecast may never use a
# value that comes later, so a line from one side of a gap to the other is not allowed.


# %% tags=["solution"]
def fill(values, default):
    """Return the floats (time,) of `values` without gaps."""
    filled = values.copy()
    for now in range(len(filled)):
        if np.isnan(filled[now]):
            filled[now] = filled[now - 1] if now else default
    return filled


# %%
checks.fill(fill)

# %% [markdown]
# ## 3. Windows
#
# Cut a table into every possible window of `length` rows. For each of them, return the `horizon` values of the *first* column
# that come right after it. The last window must leave room for its target. Check the shapes by hand on a table with 5 rows,
# windows of 3, and a horizon of 2: there is exactly one window.


# %% tags=["solution"]
def windows(values, length, horizon):
    """Return two arrays: the windows (windows, length, columns), and what follows each of them (windows, horizon).

    `values` are floats (time, columns).
    """
    starts = range(len(values) - length - horizon + 1)
    x = np.stack([values[start : start + length] for start in starts])
    y = np.stack([values[start + length : start + length + horizon, 0] for start in starts])
    return x, y


# %%
checks.windows(windows)

# %% [markdown]
# ## 4. The same hour yesterday
#
# Write the baseline: each coming step gets the value from one season before. For hourly data a season has 24 steps, but your
# function should take any number. If the horizon is longer than a season, the value from one season before is not known yet.
# Then go back two seasons, or as many as it takes. With a season of 24, step 25 gets the same value as step 1.


# %% tags=["solution"]
def same_hour_yesterday(series, season, horizon):
    """Return the forecast, floats (horizon,), of what follows `series`, floats (time,), at least one season long."""
    ahead = np.arange(horizon)
    return series[len(series) - season + ahead % season]


# %%
checks.same_hour_yesterday(same_hour_yesterday)

# %% [markdown]
# ## 5. Skill
#
# Compare a forecast with a baseline in a single number: 1 minus the mean absolute error of the forecast divided by that of the
# baseline. You get the errors of both, with their signs.


# %% tags=["solution"]
def skill(errors, baseline_errors):
    """Return the skill, one number. Both inputs are floats (forecasts,): forecast minus truth."""
    return 1 - np.abs(errors).mean() / np.abs(baseline_errors).mean()


# %%
checks.skill(skill)

# %% [markdown]
# ## 6. Feed a model back on itself
#
# You have a model of one step, `step`. It takes windows and returns the next row of each. Use it to forecast many steps:
# append its forecast to the window, drop the oldest row so that the window keeps its length, and ask again. Leave the windows
# that you were given as they are.


# %% tags=["solution"]
def feed_back(step, window, steps):
    """Return the next rows, floats (rows, steps, features).

    `window` are floats (rows, length, features). `step(window)` returns floats (rows, features).
    """
    rows = []
    for _ in range(steps):
        following = step(window)
        rows.append(following)
        window = np.concatenate([window[:, 1:], following[:, None]], axis=1)
    return np.stack(rows, axis=1)


# %%
checks.feed_back(feed_back)

# %% [markdown]
# ## 7. An interval that knows about overlaps
#
# Two forecasts made in neighboring hours are nearly the same, and when one of them is wrong, so is the other. So don't count
# them as two independent ones.  Cut the differences into blocks of `block` values in a row, for example a week, and leave out
# the last block if it is not full. Take the mean of each block. Return the mean of these means minus and plus 1.96
# **standard errors**. The standard error is the standard deviation of the block means, with the number of blocks minus 1 in
# its denominator, divided by the square root of the number of blocks.


# %% tags=["solution"]
def interval(differences, block):
    """Return two numbers, the lower and the upper end.

    `differences` are floats (forecasts,), in order of time: the absolute error of one model minus that of another.
    """
    blocks = len(differences) // block
    means = differences[: blocks * block].reshape(blocks, block).mean(axis=1)
    error = means.std(ddof=1) / np.sqrt(blocks)
    return means.mean() - 1.96 * error, means.mean() + 1.96 * error


# %%
checks.interval(interval)

# %% [markdown]
# How much too narrow is an interval that counts all windows as independent? Try it on the differences of your own two models.
# We tried ridge and yesterday in Beijing, with a forecast every hour and blocks of a week. It was too narrow by a factor of
# three.

# %% [markdown]
# ## 8. To think about
#
# A colleague forecasts the temperature of the next hour with a large network. She cut the years into windows, shuffled them,
# kept 20% for testing, and reports that the network explains 99% of the variance. She concludes that networks have solved the
# weather. Which three questions do you ask her?

# %% [markdown] tags=["solution"]
# **How did you split?** Shuffled windows overlap. The test window that begins at noon shares all hours but one with the
# training window that begins at one o'clock, including its own target. A model that only remembers gets a good score. Split by
# time, and measure on a period that comes after everything the model was trained on.
#
# **What does the last value get?** Most of the variance of a temperature is the difference between summer and winter, and
# between noon and midnight. If you repeat the last hour, you explain that as well. In Beijing, the last value alone explains
# more than 98% of the variance one hour ahead. So report an error in degrees, and the skill over the last value and over a
# linear model.
#
# **How sure are you?** One seed and one test set give one number. Ask for several seeds, and for an interval that takes days
# or weeks as its units instead of windows.
#
# You could also ask what the forecast is for. For most purposes, one hour ahead is too late.

# %% [markdown]
# ## 9. Your forecast
#
# Now forecast the temperature yourself, one day ahead if your data are hourly and one week ahead if they are daily. Use any
# model, but keep to these rules, which make your row comparable with the others:
#
# - The last year of the data is the test part, the year before it the validation part.
# - You make every choice on the validation part. You measure on the test part *once*, at the end.
# - A network gets at least three seeds, and you report the mean of their errors.
# - The measure is the mean absolute error at the last step of the horizon. From hourly data, forecast at every fifth hour of
#   the test year, as in notebook 11. From daily data, forecast every day.
#
# Enter your result in the table, and those of your friends. The first rows are from our full run on the hourly data of
# Beijing. If you used the sample, start a table of your own, because errors in another city can't be compared.
#
# | who | model | what it sees | seeds | validation, °C | test, °C | skill over yesterday | skill over ridge |
# |---|---|---|---|---|---|---|---|
# | we | same hour yesterday | one value | none | 2.63 | 2.72 | 0 | -0.21 |
# | we | ridge | 48 hours, all columns, calendar | none | 2.25 | 2.24 | 0.17 | 0 |
# | we | a committee of four networks, chosen in notebook 11 | the same | 3 | 2.20 | 2.22 | 0.18 | 0.01 |
# | you | | | | | | | |
# | | | | | | | | |
# | | | | | | | | |
#
# Write three sentences below the table: what you tried that did not help, how sure you are that your model beats ridge, and
# when it is wrong.

# %%
runtime.finish(headline="7 milestones")
