from otbook_utils.training import progress


def test_items_pass_through_unchanged_and_in_order():
    assert list(progress(range(5), "counting")) == [0, 1, 2, 3, 4]


def test_an_iterator_without_length_takes_a_total():
    assert list(progress(iter("abc"), "spelling", total=3)) == ["a", "b", "c"]


def test_nothing_is_consumed_ahead_of_the_caller():
    consumed = []
    source = (consumed.append(i) or i for i in range(3))
    next(progress(source, "waiting"))
    assert consumed == [0]
