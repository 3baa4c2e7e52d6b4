# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Weather: forecasting a series
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/11_weather.ipynb)
#
# How warm will it be this time tomorrow? So far, your sequences have been made of words and characters. The same layers also
# read measurements, and many people meet recurrent networks for the first time in a weather forecast. It is easy to get a
# forecast that looks impressive, and just as easy to fool yourself with it. In this project you build a forecast of the
# temperature, set honest baselines first, and then ask whether a network does better than a linear model.
#
# **By the end of this notebook, you will be able to**
#
# - split, scale and fill a series without letting the future into the past
# - say what a single outlier does to a mean and a standard deviation, and what to use instead
# - set baselines that a forecast must beat
# - train recurrent networks and convolutions on windows, for one step and for many steps ahead
# - compare two forecasts with an interval that allows for neighboring windows being alike
#
# **Time:** about an hour and a quarter to study. The computer needs about a minute in the quick profile and about 6 minutes in
# the full one, on two CPU cores.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean. The milestones of the project are the [exercises with checked answers](exercises/11_weather.ipynb).
# They end with a table in which you enter your own forecast.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import corpora, experiments, plots, runtime

runtime.start(seed=42)

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import RobustScaler, StandardScaler

# %% [markdown]
# These are the settings of both profiles. The models learn from stretches of the series, which we call windows. `EVERY` is 11
# in the quick profile: from hourly data, all models then learn from every eleventh window only, because neighboring windows are
# almost the same. From daily data, they learn from all of them.

# %%
SEEDS, EVERY, UNITS, BATCH = runtime.pick(quick=([0], 11, 16, 32), full=([0, 1, 2], 1, 32, 128))
EPOCHS, PATIENCE, RATE = runtime.pick(quick=(12, 4, 1e-2), full=(10, 3, 4e-3))

# %% [markdown]
# ## 1. The data
#
# The full profile uses the weather of Beijing, hour by hour from 2010 to 2014, which Liang et al. (2015) published together
# with the city's fine dust. Without that file, you get the weather of Seattle, day by day from 2012 to 2015, which comes with
# the course. The notebook works with both. A **step** is an hour in Beijing and a day in Seattle.

# %%
weather = corpora.load_weather()
print(weather.provenance)
table, hourly = weather.table, weather.table.index[1] - weather.table.index[0] < pd.Timedelta("1D")

# %%
table.describe().T[["count", "mean", "min", "50%", "max"]].round(1)

# %% [markdown]
# The temperature is in degrees Celsius. In Seattle it is the highest of each day. Look at the first column of the table: if a
# count is lower than the others, values are missing. Then compare the mean with the median, in the column `50%`. Where is the
# mean much larger? You will come back to both questions.
#
# In Beijing, wind speed, rain and snow are running totals. They add up while the wind keeps its direction, or while it goes on
# raining or snowing.
#
# You want to know the temperature one day ahead from hourly data, and one week ahead from daily data. This is the **horizon**,
# so it has 24 steps in Beijing and 7 in Seattle. The **season** is the time after which everything roughly repeats: a day for
# hourly data, a year for daily data. The model sees a **window** of the past.

# %%
STEP, SEASON, HORIZON, WINDOW, WEEK = ("hour", 24, 24, 48, 7 * 24) if hourly else ("day", 365, 7, 14, 7)
YESTERDAY = "same hour yesterday" if hourly else "same day last year"
temperature = table["temperature"].to_numpy("float32")

# %% [markdown]
# This is what one forecast looks like. The solid line is the window that the model sees, and the dashed line is what it should
# forecast.

# %%
now = 3 * WEEK  # where this forecast starts
plots.lines(
    {
        f"window, {WINDOW} {STEP}s": (np.arange(-WINDOW, 0), temperature[now - WINDOW : now]),
        f"to be forecast, {HORIZON} {STEP}s": (np.arange(HORIZON), temperature[now : now + HORIZON]),
    },
    title="One forecast",
    xlabel=f"{STEP}s from the start of the forecast",
    ylabel="temperature (°C)",
    alt="The temperature of one window as a solid line, and the temperature after it, which is to be forecast, dashed.",
    data=weather.provenance,
)

# %% [markdown]
# ## 2. Split by time
#
# In notebooks 01 to 04, you split the texts at random. A series needs a different split, because a real forecast knows only
# the past. The last year is the test part, the year before it the validation part, and you train on the rest.

# %%
year = table.index.year
parts = {"training": year < year.max() - 1, "validation": year == year.max() - 1, "test": year == year.max()}
training = parts["training"]
pd.DataFrame({name: table["temperature"][part].agg(["size", "mean", "std"]) for name, part in parts.items()}).T.round(2)

# %% [markdown]
# The years differ. The future will differ from the past as well, and a random split would hide that from you. It does more
# harm than that. To see it, you need windows. NumPy's `sliding_window_view` cuts them without copying anything. Here are
# windows of four numbers, each with the two numbers that follow:

# %%
# NBVAL_CHECK_OUTPUT
numbers = np.arange(9)
for window, target in zip(sliding_window_view(numbers[:-2], 4), sliding_window_view(numbers[4:], 2), strict=True):
    print(window, "->", target)

# %% [markdown]
# Keras has `keras.utils.timeseries_dataset_from_array` for the same purpose, which gives you batches. Neighboring windows share
# all their numbers but one. Now let a model cheat. **Nearest neighbor** looks for the most similar window that it knows and
# repeats what came after that one. You measure it twice, with equally many windows: once split by time, and once shuffled
# first.

# %%
past = sliding_window_view(temperature[~parts["test"]][:-HORIZON], WINDOW)
after = temperature[~parts["test"]][WINDOW + HORIZON - 1 :]
known = training[: len(past)].sum() // 2 * 2  # the windows to learn from, if split by time


# %% [markdown]
# **Predict first.** The model is the same, the data are the same, and so are the numbers of windows. Which of the two errors is
# smaller?
#
# <details><summary>A. Split by time, because the order of the days is kept.</summary>
# This model doesn't care about the order of the windows. It looks for the one that is most similar. When does it know one
# that is nearly the same as yours?
# </details>
# <details><summary>B. About the same, because only the order of the windows has changed.</summary>
# The order also decides which windows the model gets to know, and which ones it is asked about. If you draw both at random,
# what does it know about the hours before and after your window?
# </details>
# <details><summary>C. Shuffled, because the model then knows the neighbors of your window.</summary>
# Yes. It knows a window that is shifted by a few steps, with nearly the same answer. Compare the two rows below. Which of the
# two errors would you tell somebody who wants a forecast for tomorrow?
# </details>


# %%
def nearest_neighbor_error(order):
    learn, measure = order[:known:2], order[known + WINDOW + HORIZON :: 5]
    model = KNeighborsRegressor(n_neighbors=1).fit(past[learn], after[learn])
    return np.abs(model.predict(past[measure]) - after[measure]).mean()


in_order = np.arange(len(past))
shuffled = np.random.default_rng(42).permutation(in_order)
leak = {"split by time": nearest_neighbor_error(in_order), "shuffled": nearest_neighbor_error(shuffled)}
assert leak["shuffled"] < 0.9 * leak["split by time"]
pd.Series(leak, name="mean absolute error (°C)").round(2).to_frame()

# %% [markdown]
# The same model has a much smaller error when the windows are shuffled, and the small error is an illusion. For almost every
# window that it was asked about, the model had seen a neighbor, shifted by a few steps, together with nearly the same answer.
# A forecast for tomorrow has no such neighbor.
#
# > **What we saw (full run):** 3.52 °C split by time, and 2.06 °C shuffled.
#
# ## 3. Outliers and scales
#
# Networks learn best if all inputs are of about the same size. So you subtract the mean of each column and divide by its
# standard deviation. This is called **standardization**. What happens if a sensor fails and sends 9,999, as many stations do?


# %%
def describe(values):
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return {"mean": values.mean(), "deviation": values.std(), "median": middle, "quartiles apart": high - low}


measured = table["temperature"].iloc[:28]
broken = measured.where(np.arange(28) != 20, 9_999)
pd.DataFrame({"as measured": describe(measured), "one value broken": describe(broken)}).round(1)

# %% [markdown]
# One value out of 28 moves the mean by hundreds of degrees and the deviation by even more. The median and the distance between
# the **quartiles**, the values that a quarter and three quarters of the data stay below, hardly notice it. scikit-learn has a
# scaler for each pair: `StandardScaler` for the mean and the deviation, `RobustScaler` for the median and the quartiles. The
# next cell prints how far apart the 27 healthy values are after scaling, from the lowest to the highest:

# %%
healthy = np.arange(28) != 20
for scaler in (StandardScaler(), RobustScaler()):
    scaled = scaler.fit_transform(broken.to_frame())[healthy]
    print(f"{type(scaler).__name__:<15} {scaled.max() - scaled.min():.3f}")

# %% [markdown]
# After standardization, all 27 are practically the same number, and a network can't tell them apart. So look at your columns
# before you scale them.
#
# A broken sensor is an easy case, since you can throw its value away. Real outliers are harder. Look at the fine dust in
# Beijing, which is called PM2.5, or at the rain in Seattle. Such a column has a **long tail**, a few values far above all the
# others. These large values are true, and they may be what matters most.

# %%
SPIKY = "pm25" if "pm25" in table else "precipitation"
spiky = table[SPIKY][training].dropna()
mean, deviation = spiky.mean(), spiky.std()
plots.histogram(
    spiky,
    marks={"median": spiky.median(), "mean": mean, "mean + 3 deviations": mean + 3 * deviation},
    title=f"{SPIKY}: most values are small, and a few are huge",
    xlabel="fine dust (µg/m³)" if SPIKY == "pm25" else "rain (mm)",
    ylabel=f"{STEP}s",
    alt=f"Histogram of {SPIKY}. Most values are near the left end, with a long tail to the right. The median lies "
    "left of the mean, and some values lie beyond the mean plus three deviations.",
    data=weather.provenance,
)

# %% [markdown]
# Find the three lines. The tail goes on to 994 in Beijing, with bars too low to see. If this were a normal distribution, the
# mean and the median would agree, and about one value in a thousand would lie to the right of the third line. A usual cure for
# such a column is the logarithm, as `log(1 + value)` so that zeros are allowed. How many deviations from the mean is the
# largest value, before and after?

# %%
far = {name: (each.max() - each.mean()) / each.std() for name, each in {"as is": spiky, "log": np.log1p(spiky)}.items()}
assert far["log"] < far["as is"]
print(f"beyond 3 deviations: {(spiky > mean + 3 * deviation).mean():.1%}; largest value, in deviations:", end=" ")
print({name: round(float(value), 1) for name, value in far.items()})

# %% [markdown]
# > **What we saw (full run):** The highest fine dust of the training years was 994 µg/m³, on the night of the Chinese New Year
# > 2012, with its fireworks. It is 10.0 deviations above the mean, and 2.7 after the logarithm.
#
# ### Fit on the training part only
#
# The scale is part of the model, so it may know only the training part. If you compute the mean over all years, something
# about the test year leaks into the training inputs. To make the leak visible, pretend that the test year was 10 °C warmer.
# Nothing about the past has changed, so the training inputs must not change either. The inputs are scaled, so the numbers
# below are in standard deviations.


# %%
def training_inputs(series, fitted_on):
    scaler = StandardScaler().fit(series[fitted_on].to_frame())
    return scaler.transform(series[training].to_frame())


warmer = table["temperature"] + 10 * parts["test"]
for name, rows in {"all years": year > 0, "training part": training}.items():
    moved = np.abs(training_inputs(warmer, rows) - training_inputs(table["temperature"], rows)).max()
    print(f"fitted on {name}: a training input moves by up to {moved:.2f}")

# %% [markdown]
# If you fit the scale on all years, the training inputs move because of something that happens later. The real leak is smaller
# than this, because no year is 10 °C warmer than the others. But with a series that grows, such as a price, the leak can
# decide the result.
#
# ## 4. Missing values
#
# Back to the counts of section 1: in Beijing, 2,067 hours of the fine dust are missing. A recurrent network can't read NaN.
# One missing value makes the whole state NaN, and all that follows. How should you fill a gap? You can measure that: hide
# values that you know, fill them, and compare. The temperature is complete, so hide runs of six steps in it.

# %%
whole = table["temperature"][training]
hidden, rng = whole.copy(), np.random.default_rng(42)
for first in rng.choice(np.arange(1, len(whole) - 7), size=len(whole) // 60, replace=False):
    hidden.iloc[first : first + 6] = np.nan
filled = {
    "median": hidden.fillna(hidden.median()),
    "last known value": hidden.ffill(),
    "straight line": hidden.interpolate(),
}
errors = {name: (each - whole)[hidden.isna()].abs().mean() for name, each in filled.items()}
assert errors["straight line"] < errors["last known value"] < errors["median"]
pd.Series(errors, name="mean absolute error (°C)").round(2).to_frame()

# %% [markdown]
# The straight line from one side of the gap to the other is best, but it is not safe here. If a forecast starts in the middle
# of a gap, the line already leads to a value that nobody has measured yet. You fill the table once for all windows, so some
# windows would end on such a line. The last known value is what you really have at that moment.
#
# ### All columns together
#
# Now prepare all columns in four steps:
#
# - Gaps get the last known value. At the very beginning there may be none, so there we use the median of the training part.
# - Skewed columns, which have a long tail, get the logarithm.
# - The wind direction gets one column for each direction. In Beijing, these are NE, NW, SE and `cv`, which stands for calm or
#   variable wind.
# - All columns are standardized. This is safe because no sensor of ours sends 9,999, and because the logarithm pulls in the
#   long tails. Quartiles would not help with a column such as rain in Beijing, where both are 0.

# %%
columns = table.select_dtypes("number").ffill()
columns = columns.fillna(columns[training].median())
skewed = columns.columns.intersection(["wind_speed", "precipitation", "snow", "rain", "pm25"])
columns[skewed] = np.log1p(columns[skewed])
if "wind_direction" in table:
    columns = columns.join(pd.get_dummies(table["wind_direction"], dtype=float))

# %% [markdown]
# A model should also know the time. As numbers, hour 23 and hour 0 are far apart, although they are neighbors. So put the
# hours on a circle like that of a clock, and give the model the sine and the cosine of the angle. The days of the year get a
# circle, too. The products of both let a linear model say that noon and midnight differ more in summer than in winter.


# %%
def calendar(index):
    day, hour = 2 * np.pi * index.day_of_year / 365.25, 2 * np.pi * index.hour / 24
    of_year, of_day = [np.sin(day), np.cos(day)], [np.sin(hour), np.cos(hour)] if hourly else []
    return np.stack([*of_year, *of_day, *(first * second for first in of_year for second in of_day)], axis=1)


# %%
scaler = StandardScaler().fit(columns[training])
features = np.concatenate([scaler.transform(columns), calendar(table.index)], axis=1).astype("float32")
MEASURED = columns.shape[1]  # the columns behind these are the calendar
print(f"{MEASURED} measured columns and {features.shape[1] - MEASURED} of the calendar: {', '.join(columns)}")

# %% [markdown]
# Now cut the windows. A training window must not have its target in the validation year, so each part keeps its targets to
# itself. The first windows of a part may reach back into the part before it, because the past is known.
#
# From hourly data, you forecast every fifth hour of the validation and test years, so that each hour of the day gets its turn.
# In the output, the shapes of the inputs mean windows, steps and columns. Those of the targets mean windows and steps ahead.

# %%
windows = sliding_window_view(features, WINDOW, axis=0).swapaxes(1, 2)
targets = sliding_window_view(temperature, HORIZON)
every = {"training": EVERY, "validation": 5, "test": 5} if hourly else dict.fromkeys(parts, 1)


def first_steps(part):
    """The steps at which a forecast of this part starts."""
    rows = np.flatnonzero(parts[part])
    return np.arange(max(rows[0], WINDOW), rows[-1] + 2 - HORIZON, every[part])


start = {part: first_steps(part) for part in parts}
x = {part: windows[start[part] - WINDOW] for part in parts}
y = {part: targets[start[part]] for part in parts}
print({part: (x[part].shape, y[part].shape) for part in parts})

# %% [markdown]
# ## 5. Baselines first
#
# What must a forecast beat? Three answers need no learning. The first is the last value. The second is the **seasonal value**,
# the value from one season before: the same hour yesterday, or for daily data the same day last year. The third is the
# seasonal mean, which is what the training years had on average in that month and at that hour. Each one is in degrees and has
# the shape of `y`.

# %%
by_season = [table.index.month, table.index.hour]
usual = table["temperature"].where(training).groupby(by_season).transform("mean").to_numpy("float32")


# %%
def naive(start):
    ahead = start[:, None] + np.arange(HORIZON)
    last = np.repeat(temperature[start - 1][:, None], HORIZON, axis=1)
    return {"last value": last, YESTERDAY: temperature[ahead - SEASON], "seasonal mean": usual[ahead]}


# %% [markdown]
# The fourth baseline is a linear model, **ridge regression**. It multiplies every number of the window by its own weight and
# adds up the products. It minimizes the squared error plus a penalty for large weights. The larger `alpha` is, the stronger
# the penalty and the smaller the weights, and you choose it on the validation part.
#
# Let the model predict the *change* from the last value. That is the same task, because the last value is known, and it gives
# the model a good start.

# %%
change = {part: y[part] - temperature[start[part] - 1][:, None] for part in parts}


# %%
def flat(windows):
    return windows.reshape(len(windows), -1).astype("float64")  # ridge needs the digits


ridges = {alpha: Ridge(alpha=alpha).fit(flat(x["training"]), change["training"]) for alpha in (0.01, 0.1, 1, 10, 100)}

# %% [markdown]
# The measure is the **mean absolute error** in degrees. It is easy to explain: how far off is the forecast on average?

# %%
alphas = {
    alpha: np.abs(ridge.predict(flat(x["validation"])) - change["validation"]).mean() for alpha, ridge in ridges.items()
}
ridge = ridges[min(alphas, key=alphas.get)]
pd.Series(alphas, name="validation error, all steps (°C)").rename_axis("alpha").round(3).to_frame()

# %% [markdown]
# > **What we saw (full run):** The smallest `alpha` was best, at the edge of the grid. Usually you would try even smaller
# > values then, but the curve is nearly flat, 1.965 against 1.968 for 1.
#
# **Skill** compares an error with that of a baseline: 1 minus the one divided by the other. If the baseline is off by 2.5 °C
# and your forecast by 2 °C, its skill is 1 - 0.8 = 0.2. A perfect forecast has the skill 1. A skill of 0 means as good as the
# baseline, and a negative one means worse.


# %%
def errors_of_baselines(part):
    """Forecast minus truth, (windows, HORIZON), of each baseline."""
    found = {name: forecast - y[part] for name, forecast in naive(start[part]).items()}
    return found | {"ridge": ridge.predict(flat(x[part])) - change[part]}


baseline_errors = errors_of_baselines("validation")
bars = pd.DataFrame({name: np.abs(each).mean(axis=0)[[0, -1]] for name, each in baseline_errors.items()}).T
bars.columns = [f"1 {STEP} ahead (°C)", f"{HORIZON} {STEP}s ahead (°C)"]
bars[f"skill over {YESTERDAY}"] = 1 - bars.iloc[:, 1] / bars.iloc[:, 1][YESTERDAY]
bars.round(3)

# %% [markdown]
# One step ahead, the last value is already close to the truth. That is why one-step forecasts drawn over the truth always look
# good: the forecast follows the truth with a delay of one step. At the horizon, the last value has lost most of this lead.
# Which row is the best now? That row is the bar.
#
# > **What we saw (full run):** One hour ahead, the last value is off by 1.04 °C, and ridge by 0.82. At 24 hours, the last
# > value *is* the same hour yesterday, so both are off by 2.63 °C. The seasonal mean is worse, with 2.90, and ridge is best,
# > with 2.25. The temperatures are published in whole degrees, so even someone who knew the exact temperature would be off
# > by about a quarter of a degree.
#
# ## 6. Networks
#
# All networks read the same windows and forecast all steps of the horizon at once. They differ only in how they read.
#
# "linear" has the formula of ridge, a single layer without an activation, but it is trained like the networks, with the
# absolute error and with Adam. It gets no dropout, which would hit the inputs themselves. "Conv1D" has two convolutions. Their
# `strides` say how many steps a filter moves at a time, so the first one makes the sequence about a third as long, and the
# second one halves that. The quick profile leaves out SimpleRNN and LSTM.


# %%
def conv(window):
    hidden = layers.Conv1D(UNITS, 6, strides=3, activation="relu")(window)
    return layers.Flatten()(layers.Conv1D(UNITS, 3, strides=2, activation="relu")(hidden))


readers = {
    "linear": lambda window: layers.Flatten()(window),
    "SimpleRNN": lambda window: layers.SimpleRNN(UNITS)(window),
    "LSTM": lambda window: layers.LSTM(UNITS)(window),
    "GRU": lambda window: layers.GRU(UNITS)(window),
    "Conv1D": conv,
}
contestants = {name: readers[name] for name in runtime.pick(quick=("linear", "GRU", "Conv1D"), full=readers)}

# %% [markdown]
# The loss is the mean absolute error, because that is what you measure in the end. The learning rate of Adam falls along half a
# cosine, as in notebook 05, so the last epochs take small steps.


# %%
def network(reader, outputs=HORIZON, dropout=0.2, epochs=EPOCHS, rate=RATE):
    def build():
        window = keras.Input((WINDOW, features.shape[1]))
        model = keras.Model(window, layers.Dense(outputs)(layers.Dropout(dropout, name="drop")(reader(window))))
        schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(x["training"]) // BATCH)
        model.compile(keras.optimizers.Adam(schedule, global_clipnorm=1.0), "mae")
        return model

    return build


# %%
def train(models, targets, name, epochs=EPOCHS):
    options = {"epochs": epochs, "patience": PATIENCE, "batch_size": BATCH, "name": f"weather_{name}"}
    pairs = {part: (np.ascontiguousarray(x[part]), targets[part]) for part in parts}
    return experiments.run(models, SEEDS, pairs["training"], pairs["validation"], test=pairs["test"], **options)


# %% [markdown]
# The next cell takes longer than any other in the notebook.

# %%
drop = {name: 0.0 if name == "linear" else 0.2 for name in contestants}
contest = train({name: network(contestants[name], dropout=drop[name]) for name in contestants}, change, "contest")

# %% [markdown]
# `val_loss` is the error in degrees over all steps of the horizon, in the validation year. Look at the spread over seeds
# before you call one network better than another. With one seed, as in the quick profile, there is no spread.

# %%
bar = alphas[ridge.alpha]
summary = contest.summary("loss")[["parameters", "val_loss", "val_loss_std", "seconds_per_epoch", "best_epoch"]]
summary.assign(**{"skill over ridge": 1 - summary["val_loss"] / bar}).round(3)

# %% [markdown]
# Ridge sees every number of the window and weighs it, and a weighted sum already goes a long way. A recurrent network must
# first learn to keep what ridge gets for free. Is any skill in the last column above 0?
#
# > **What we saw (full run):** Over all 24 hours of the validation year, the GRU with 1.918 and Conv1D with 1.925 were a
# > little below ridge with 1.965. LSTM and SimpleRNN were above it, and so was "linear" with 2.110. It has the same formula as
# > ridge. It differs in the loss, the optimizer and the number of training steps, and we did not test which of them costs the
# > most. All its runs were best in their last epoch, so it may have needed more.
#
# ## 7. Start where ridge ends
#
# You don't have to choose between ridge and a network. Let ridge forecast, and let a network learn only
# **what ridge leaves over**: the truth minus the forecast of ridge. If there is nothing to learn, the network should learn to
# say 0. It may also fit noise, and the validation part will show whether it does. The same idea is behind **boosting**, where
# each model learns what the models before it left over.
#
# Much of what is left over may be noise, so these networks get more dropout and a shorter training with smaller steps.
# "linear" takes part again, as a check. It can only add another weighted sum, so what it gains does not come from anything
# that ridge can't do.

# %%
left_over = {part: change[part] - ridge.predict(flat(x[part])).astype("float32") for part in parts}
gentle, drop = {"epochs": EPOCHS // 2, "rate": RATE / 2}, {"linear": 0.0, "GRU": 0.5, "Conv1D": 0.5}
correctors = {f"ridge + {name}": network(readers[name], dropout=drop[name], **gentle) for name in drop}
corrected = train(correctors, left_over, "corrected", EPOCHS // 2)

# %% [markdown]
# There is one more way to get something out of networks that are hardly better than ridge: ask several and take the mean of
# their forecasts. If their errors differ, they partly cancel. If one forecast is 2 °C too warm and another 1 °C too cold,
# their mean is only 0.5 °C too warm. So the error of the mean forecast is the mean of the errors, before you take absolute
# values. That is why the **committee** below needs no further training. Each seed gives one committee of four.


# %%
def everyone(part):
    """Errors of every model, (seeds, windows, HORIZON); the baselines have one seed."""
    found = {name: each[None] for name, each in errors_of_baselines(part).items()}
    for runs, truth in ((contest, change), (corrected, left_over)):
        for name in dict.fromkeys(runs.table["model"]):
            forecasts = [ops.convert_to_numpy(runs.load(name, seed)(x[part])) for seed in SEEDS]
            found[name] = np.stack(forecasts) - truth[part]
    found["committee"] = np.mean([found[name] for name in ("GRU", "Conv1D", "ridge + GRU", "ridge + Conv1D")], axis=0)
    return found


# %%
def ranking(errors):
    """Mean absolute errors in degrees, over windows and seeds, and the skill at the horizon."""
    by_seed = {name: np.abs(each).mean(axis=1) for name, each in errors.items()}
    rows = {name: [each[:, 0].mean(), each[:, -1].mean(), each.mean()] for name, each in by_seed.items()}
    table = pd.DataFrame(rows, [f"1 {STEP}", f"{HORIZON} {STEP}s", "all steps"]).T
    table["seeds' deviation"] = [each[:, -1].std(ddof=1) if len(each) > 1 else np.nan for each in by_seed.values()]
    for rival in (YESTERDAY, "ridge"):
        table[f"skill over {rival}"] = 1 - table.iloc[:, 1] / table.iloc[:, 1][rival]
    return table


# %%
validation_errors = everyone("validation")
chosen = ranking(validation_errors).drop(["last value", YESTERDAY, "seasonal mean", "ridge"]).iloc[:, 1].idxmin()
print(f"best network at the horizon: {chosen}")
ranking(validation_errors).round(3)

# %% [markdown]
# The second column decides, because you want to know the temperature at the horizon. The best network in it is the one that
# you take to the test part. Don't trust its lead yet. It was chosen because it was good in this year, and its training was
# stopped where it did best in this year.
#
# > **What we saw (full run):** At 24 hours, the plain GRU and Conv1D are close to ridge, with 2.261 and 2.260 against 2.253.
# > On top of ridge, both have slightly smaller errors, 2.239 and 2.244, and for both the gap to the plain network is small,
# > about as large as the spread over seeds of Conv1D. Over all steps it is the other way around: the plain networks have 1.918
# > and 1.925, and those on top of ridge 1.937 and 1.952. "ridge + linear" gains nothing over ridge, as expected. The committee
# > is best at the horizon, with 2.201, and still further ahead over all steps, with 1.870 against 1.965.
#
# ## 8. One step, fed back
#
# There is another way to forecast many steps. Train a model of a single step, and feed its forecast back as if it had been
# measured. Language models write like this, one token after another. The model must then forecast *all* measured columns,
# because it needs them for its next step. The calendar is known in advance. The loss of this model is printed in scaled units,
# so don't compare it with the degrees above.

# %%
step_target = {part: (features[start[part]] - features[start[part] - 1])[:, :MEASURED] for part in parts}
step_ridge = Ridge(alpha=ridge.alpha).fit(flat(x["training"]), step_target["training"])
stepping = train({"GRU": network(readers["GRU"], outputs=MEASURED)}, step_target, "one_step")


# %%
def feed_back(step, start):
    """Temperatures (windows, HORIZON) from a model of one step that reads its own forecasts."""
    window, found = windows[start - WINDOW], []
    for lead in range(HORIZON):
        row = window[:, -1, :MEASURED] + step(window)
        found.append(row[:, 0] * scaler.scale_[0] + scaler.mean_[0])
        row = np.concatenate([row, features[start + lead, MEASURED:]], axis=1)
        window = np.concatenate([window[:, 1:], row[:, None]], axis=1)
    return np.stack(found, axis=1)


# %%
few = start["validation"][::5] if hourly else start["validation"]
steps = {"ridge, fed back": [lambda window: step_ridge.predict(flat(window))]}
steps["GRU, fed back"] = [stepping.load("GRU", seed).predict_on_batch for seed in SEEDS]
truth = targets[few]
by_lead = {
    name: np.mean([np.abs(feed_back(step, few) - truth).mean(axis=0) for step in models], axis=0)
    for name, models in steps.items()
}

# %% [markdown]
# The direct models forecast all steps at once. To keep the comparison fair, measure them on the same windows of the validation
# part:

# %%
same = np.isin(start["validation"], few)
for name in ("ridge", "GRU"):
    by_lead[f"{name}, direct"] = np.abs(validation_errors[name][:, same]).mean(axis=(0, 1))

# %% [markdown]
# **Predict first.** You have ridge and a GRU, each direct and fed back. In the full run, which of the two is clearly worse at
# the last step if it is fed back?
#
# <details><summary>A. Both, because each of them reads its own errors.</summary>
# Both read their own errors. But ridge is a weighted sum. What do you get when you put weighted sums into a weighted sum?
# </details>
# <details><summary>B. Only the GRU.</summary>
# Yes. Ridge of one step, applied again and again, stays a weighted sum of the same window, as direct ridge is. A GRU that is
# fed back is not the same kind of model as a direct one. Compare the two lines of each model below, first those of ridge.
# </details>
# <details><summary>C. Only ridge, because a linear model can't correct itself.</summary>
# It can't, but does it have to? Think of what a weighted sum becomes when it is fed back into itself.
# </details>
# <details><summary>D. Neither, because one step is the easiest task of all.</summary>
# One step is easy, and at the first step they hardly differ. But then the model reads its own forecasts of all columns, of wind
# and rain as well.
# </details>

# %%
leads = np.arange(1, HORIZON + 1)
plots.lines(
    {name: (leads, each) for name, each in sorted(by_lead.items())},
    title="All steps at once, or one step fed back",
    xlabel=f"{STEP}s ahead",
    ylabel="mean absolute error (°C)",
    alt="Error over the steps ahead of ridge and of a GRU, each direct and fed back on itself. All four are lowest at the "
    "first step.",
    data=weather.provenance,
)

# %% [markdown]
# Compare the two lines of each model. The model that is fed back looks only one step ahead, but it must forecast every
# measured column. After the first step, its errors become its inputs. Does it keep up with the direct model to the end?
#
# > **What we saw (full run):** At the first hour, all four are off by a little more than 0.8 °C. Then the GRU that is fed back
# > falls behind. At 24 hours it is off by 3.5 °C, and the direct GRU by 2.3. Ridge is the surprise. Direct or fed back, its
# > two lines can hardly be told apart. A linear model of one step that reads its own forecasts is a linear model of many
# > steps. That alone doesn't make the two equally good, but here no difference can be seen. The GRU that is fed back has to
# > forecast wind, rain and dust as well, so we can't say how much of its error comes from reading itself.
#
# ## 9. The test part, once
#
# All choices are made. Now measure every model on the test part.

# %%
errors = everyone("test")
final = ranking(errors)
horizon_error = final.iloc[:, 1]
final.round(3)

# %%
for name in ("ridge", chosen):
    assert horizon_error[name] < horizon_error[["last value", YESTERDAY, "seasonal mean"]].min()
if runtime.profile() == "full" and hourly:
    assert final["all steps"]["committee"] < final["all steps"]["ridge"]

# %% [markdown]
# The errors are in degrees. Find `ridge` and the network that you chose. How large is the skill of each over the seasonal
# value, in the column before the last? And how large is the network's skill over ridge, in the last column?
#
# ### How sure are you?
#
# Part of any lead may be luck, so you need an interval. `compare` draws the test examples again and again, as in notebook 04,
# and it treats them as independent. Windows are not. When a cold front comes a day late, all forecasts of that day are wrong
# together. So give `compare` a score for each *week* instead of each window.
#
# In a score, more is better, so the error gets a minus sign. A negative difference here means that the first network is
# *worse*. Look at the intervals by window and by week:


# %%
def per_window(y_true, y_pred):
    return -np.abs(y_pred - y_true)[:, -1]


def per_week(y_true, y_pred):
    return pd.Series(per_window(y_true, y_pred)).groupby(start["test"] // WEEK).mean().to_numpy()


# %%
intervals = {score.__name__: contest.compare("GRU", "Conv1D", score=score) for score in (per_window, per_week)}
pd.DataFrame(intervals).T

# %% [markdown]
# The two differences are not quite equal, because an incomplete week at either end counts as much as a full one. The second
# interval is the honest one. The more alike the windows of a week are, the wider it gets. With one seed, as in the quick
# profile, it covers only the choice of weeks, and it never covers other years.
#
# Ridge and the seasonal value are not in `contest`, so you write that comparison yourself. It works the same way: draw weeks,
# the same ones for both models, draw seeds, and take the difference of the means.


# %%
def weekly(errors, steps):
    """Mean absolute error over these steps, (seeds, weeks)."""
    by_window = pd.DataFrame(np.abs(errors[..., steps]).mean(axis=-1).T)
    return by_window.groupby(start["test"] // WEEK).mean().to_numpy().T


def versus(first, second, steps, draws=2_000):
    rng, tables = np.random.default_rng(0), [weekly(errors[name], steps) for name in (first, second)]
    found = np.empty(draws)
    for draw in range(draws):
        weeks = rng.integers(tables[0].shape[1], size=tables[0].shape[1])
        seeds = [rng.integers(len(each), size=max(1, len(each) - 1)) for each in tables]
        found[draw] = np.subtract(*(each[rows][:, weeks].mean() for each, rows in zip(tables, seeds, strict=True)))
    difference, low, high = tables[0].mean() - tables[1].mean(), *np.quantile(found, [0.025, 0.975])
    return f"{difference:+.3f} °C ({low:+.3f} to {high:+.3f})"


# %% [markdown]
# **Predict first.** In the test table of the full run, the committee is off by 2.22 °C at 24 hours, and ridge by 2.24. What
# will the interval of this difference say?
#
# <details><summary>A. The committee is better, since more than 1,700 windows leave little to luck.</summary>
# Count the weeks instead, because the windows of a week are wrong together. A year has only about 52. How far could so small a
# lead move if the year had had other weeks?
# </details>
# <details><summary>B. It contains 0, so the two are equally good.</summary>
# It does contain 0, but that doesn't make them equal. The committee may be a little better, or ridge may be. What can you say
# as long as you don't know which?
# </details>
# <details><summary>C. It contains 0, so no difference is shown at 24 hours.</summary>
# Yes. Another draw of weeks could turn so small a lead around. Find the row below, and then read its second column as well.
# </details>

# %%
comparisons = [(chosen, YESTERDAY), (chosen, "seasonal mean"), (chosen, "ridge"), ("ridge + GRU", "ridge")]
comparisons += [("GRU", "ridge"), ("ridge", YESTERDAY)]
verdicts = {
    f"{first} minus {second}": [versus(first, second, steps) for steps in (np.s_[-1:], np.s_[:])]
    for first, second in comparisons
}
pd.DataFrame(verdicts, [f"{HORIZON} {STEP}s ahead", "all steps"]).T

# %% [markdown]
# This table holds errors, not scores. So here, a negative difference means that the first model is better. The errors are
# means over weeks, so the differences are not quite those of the table above. Find the row of your network against ridge.
# **Does the network beat ridge?** If an interval contains 0, you have not shown it, however good the table above looks. If
# both of its ends are negative, you have. Decide by the row of the network that you chose, in the first column. The other
# numbers are for looking around. Then ask how many tenths of a degree it is, and whether anybody would feel them.
#
# > **What we saw (full run):** At 24 hours in the test year, the committee is off by 2.217 °C, ridge by 2.242, and the same
# > hour yesterday by 2.716. That is a skill of 0.18 over yesterday. Against ridge the committee's interval contains 0 at 24
# > hours, from -0.060 to +0.009, so no difference is shown. Over all 24 hours it is better by 0.091 °C, from 0.058 to 0.124.
# > So at the horizon, which is what you asked for, the network that was chosen does not beat ridge, as far as this year can
# > show. Over all hours, which is the second look, it is ahead by about a tenth of a degree.
# >
# > The table has 12 intervals, and with so many, one can miss 0 by luck. So read the other rows only as hints, to be tested on
# > a new year of data. One hint is "ridge + GRU". At 24 hours its lead over ridge is 0.028 °C, and the interval, from 0.005 to
# > 0.052, only just misses 0. In this year it even came out at 2.213, a little below the committee. The plain GRU was close to
# > ridge in the validation year. In the test year it is worse by 0.085 at 24 hours, from 0.029 to 0.142, and its lead over all
# > hours is not shown again: the interval contains 0. Its training was stopped where it did best in the validation year, and
# > the test year was warmer than all the years before. We did not test whether either of them matters.
# >
# > Outside of this notebook, we also tried gradient-boosted trees on a few hours of the same windows. Alone they were worse
# > than ridge, and on top of ridge they gained nothing on the validation part. For ridge, a window of 72 hours was about as
# > good as one of 48, and 120 hours were worse. When it learned from every second hour only, it got worse, because it never saw
# > the other hours of the day.
#
# ### Where the errors are
#
# Look at the errors by the number of steps ahead, and by the time for which the forecast was made:

# %%
shown = ["last value", YESTERDAY, "ridge", chosen]
plots.lines(
    {name: (leads, np.abs(errors[name]).mean(axis=(0, 1))) for name in shown},
    title="Error by horizon, test year",
    xlabel=f"{STEP}s ahead",
    ylabel="mean absolute error (°C)",
    alt="Error over the steps ahead of the last value, of yesterday or last year, of ridge and of the best network. "
    "Ridge and the network stay lowest.",
    data=weather.provenance,
)

# %%
when = table.index[start["test"] + HORIZON - 1]
group, unit = (when.hour, "hour of the day") if hourly else (when.month, "month")
by_time = {name: pd.Series(np.abs(errors[name][..., -1]).mean(axis=0)).groupby(group).mean() for name in shown[1:]}
plots.lines(
    {name: (each.index, each.to_numpy()) for name, each in by_time.items()},
    title=f"Error {HORIZON} {STEP}s ahead, by the {unit} of the target",
    xlabel=unit,
    ylabel="mean absolute error (°C)",
    alt=f"Error of three forecasts by {unit}. Ridge and the best network lie below the seasonal baseline for most of them.",
    data=weather.provenance,
)

# %% [markdown]
# When is the forecast hardest, and could you have guessed it? When, if ever, does the network beat ridge? Don't read much into
# single points.
#
# > **What we saw (full run):** The forecasts of ridge and the committee are hardest in the afternoon and easiest from about 5
# > to 9 in the morning. The lines zigzag because each hour has only about 73 forecasts, made on other days than those of its
# > neighbors. The gaps between ridge and the committee are small, and without an interval you can't say at which hours one of
# > them wins.
#
# The last look is at the **residuals**, the forecast minus the truth. Their mean is the **bias**. If it is far from 0, the
# forecast is too warm or too cold on average.

# %%
residuals = errors[chosen][..., -1].ravel()
plots.histogram(
    residuals,
    marks={"no error": 0, f"mean {residuals.mean():+.2f} °C": residuals.mean()},
    title=f"Residuals of {chosen}, {HORIZON} {STEP}s ahead",
    xlabel="forecast minus truth (°C)",
    ylabel="forecasts, all seeds",
    alt=f"Histogram of the residuals. They lie around 0, with a mean of {residuals.mean():+.2f} degrees.",
    data=weather.provenance,
)

# %% [markdown]
# > **What we saw (full run):** The committee is too cold by 0.36 °C on average. The test year was warmer than all the years
# > before it, which may be why. We did not test it.
#
# ## Recap
#
# - Split a series by time. Shuffled windows overlap, and a model that only remembers gets a good score.
# - Everything that you compute from data is fitted on the training part: the mean, the deviation, the median for a gap.
# - One outlier moves a mean and a deviation without limit. Median and quartiles hardly notice it, and a logarithm tames a long
#   tail.
# - Fill a gap from the past. A line to the next value looks into the future if a forecast starts inside the gap.
# - Set baselines before you train a network: the last value, the seasonal value, the seasonal mean, and a linear model that
#   sees the same window. Report the skill over them.
# - A network may start where ridge ends and learn what ridge leaves over. And a mean of several forecasts is often better than
#   each of them, though not always.
# - A model of one step, fed back on itself, reads its own errors. A direct model does not. Our GRU was much worse when fed
#   back, and for ridge we saw no difference.
# - Neighboring windows are wrong together. Compare by weeks, over several seeds. In our full run, the chosen network was not
#   shown to beat ridge at 24 hours, and over all hours its lead was about a tenth of a degree.

# %% [markdown]
# ## Exercises
#
# Start with the milestones, which are the [exercises with checked answers](exercises/11_weather.ipynb). A
# [solution](solutions/11_weather.ipynb) is one click away. The exercises end with a table for your own forecast. The ideas
# below may help you move up in it, and they have no check. Compare them on the validation part:
#
# 1. Form a larger committee, with all seeds in it, or weight its members by their validation errors. What do you gain?
# 2. Give the networks a longer window, and then a shorter one. Which of them gain?
# 3. Leave out one column after the other. Which one does the forecast need most?
# 4. Train with the squared error. What happens to the mean absolute error, and what to the largest errors?
# 5. Let the network forecast three numbers, the quantiles 0.1, 0.5 and 0.9, with the quantile loss. For the quantile 0.9, it
#    charges nine times as much for a degree too cold as for a degree too warm. How often does the truth lie between the outer
#    two?
# 6. Train ridge and the best network on the validation year as well, with the settings that you have. Who gains more?

# %% [markdown]
# ## Further reading
#
# - Liang et al., [Assessing Beijing's PM2.5 pollution](https://doi.org/10.1098/rspa.2015.0257), 2015: the hourly data, and
#   what they were collected for.
# - Hyndman and Athanasopoulos, [Forecasting: principles and practice](https://otexts.com/fpp3/), 3rd edition, 2021: baselines,
#   seasons and errors, free to read.
# - Makridakis, Spiliotis and Assimakopoulos, [Statistical and machine learning forecasting
#   methods](https://doi.org/10.1371/journal.pone.0194889), 2018: simple methods that beat networks.
# - Zeng et al., [Are transformers effective for time series forecasting?](https://arxiv.org/abs/2205.13504), 2023: a linear
#   layer that beat them.
# - Bates and Granger, [The combination of forecasts](https://doi.org/10.1057/jors.1969.103), 1969: the committee.
# - Künsch, [The jackknife and the bootstrap for general stationary observations](https://doi.org/10.1214/aos/1176347265), 1989:
#   why blocks.

# %%
runtime.finish(
    weather.provenance,
    notebook="weather",
    headline=f"{HORIZON} {STEP}s ahead: {chosen} {horizon_error[chosen]:.2f} °C, ridge {horizon_error['ridge']:.2f}, "
    f"{YESTERDAY} {horizon_error[YESTERDAY]:.2f}; all steps: {chosen} {final['all steps'][chosen]:.2f}, "
    f"ridge {final['all steps']['ridge']:.2f} (test error, seeds: {len(SEEDS)})",
)
