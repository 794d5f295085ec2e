package dev.tandem.streams.internal.eventstore;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;

/**
 * Goes through what is read in pages, holding one at a time. For one thread.
 *
 * @param <E> the elements' type
 */
abstract class Paged<E> implements Iterator<E> {
  private final Queue<E> page = new ArrayDeque<>();
  private boolean ended;

  /** The next page; fewer than there are is fine, but none means that there are no more. */
  abstract List<E> fetch();

  @Override
  public boolean hasNext() {
    if (page.isEmpty() && !ended) {
      page.addAll(fetch());
      ended = page.isEmpty();
    }
    return !page.isEmpty();
  }

  @Override
  public E next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.remove();
  }
}
