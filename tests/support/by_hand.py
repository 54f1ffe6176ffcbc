"""Forms evaluated the slow and obvious way, to hold the fast one against; and trees of any shape to do it with."""

from __future__ import annotations

from models.snapshot import Forest, Linear, Tree


def grown(rng, leaves, width, *, chain=False, values=(0.0, 1.0), grid=(-1.0, -0.5, 0.0, 0.5, 1.0)):
    """Return a tree of so many leaves: any leaf is split, or (`chain`) always the newest one, a side of it."""
    tree = Tree([-1], [0.0], [0], [0], [False], [rng.uniform(*values)])
    open_leaves = [0]
    for _ in range(leaves - 1):
        place = open_leaves.pop(-rng.randint(1, 2 if chain else len(open_leaves)) if len(open_leaves) > 1 else 0)
        tree.feature[place], tree.threshold[place] = rng.randrange(width), rng.choice(grid)
        tree.missing_left[place] = rng.random() < 0.5
        for side in (tree.left, tree.right):
            side[place] = len(tree.feature)
            open_leaves.append(len(tree.feature))
            for column, entry in (
                (tree.feature, -1),
                (tree.threshold, 0.0),
                (tree.left, 0),
                (tree.right, 0),
                (tree.missing_left, False),
                (tree.value, rng.uniform(*values)),
            ):
                column.append(entry)
    return tree


def evaluated(form, x, features):
    """Return a form's total and what each feature adds to it."""
    return _linear(form, x, features) if isinstance(form, Linear) else _forest(form, x)


def base(form):
    """Return a form's total before anything is known."""
    if isinstance(form, Linear):
        return form.intercept
    start, weights = _weighed(form)
    return start + sum(weight * tree.value[0] for tree, weight in zip(form.trees, weights, strict=True))


def _linear(form: Linear, x, features):
    shares = [0.0] * len(x)
    for name, term in form.terms.items():
        place = features.index(name)
        value = x[place]
        if value is None:
            shares[place] = term.missing
        elif term.edges:
            shares[place] = term.bins[sum(edge <= value for edge in term.edges)]
        else:
            score = (value - term.mean) / term.scale
            shares[place] = term.weight * (max(-term.limit, min(term.limit, score)) if term.limit else score)
    return form.intercept + sum(shares), shares


def _forest(form: Forest, x):
    total, weights = _weighed(form)
    shares = [0.0] * len(x)
    for tree, weight in zip(form.trees, weights, strict=True):
        node = 0
        while (feature := tree.feature[node]) >= 0:
            left = tree.missing_left[node] if x[feature] is None else x[feature] <= tree.threshold[node]
            child = tree.left[node] if left else tree.right[node]
            shares[feature] += weight * (tree.value[child] - tree.value[node])
            node = child
        total += weight * tree.value[node]
    return total, shares


def _weighed(form: Forest):
    weights = form.weights or [1.0] * len(form.trees)
    if form.combine == "logit" or not form.trees:
        return form.base, weights
    return 0.0, [weight / sum(weights) for weight in weights]
