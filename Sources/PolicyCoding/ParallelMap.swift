import Dispatch

/// Work on long lists with all processors.
package enum ParallelMap {
  /// Lists that are shorter than this are not worth a second thread.
  private static let part = 512

  /// What a function makes of a list, part by part, in the order of the list.
  package static func map<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @Sendable (ArraySlice<Item>) -> [Value]
  ) -> [Value] {
    let parts = (items.count + part - 1) / part
    guard parts > 1 else { return body(items[...]) }
    var results = [[Value]](repeating: [], count: parts)
    results.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      DispatchQueue.concurrentPerform(iterations: parts) { index in
        buffer[index] = body(items[index * part..<min((index + 1) * part, items.count)])
      }
    }
    return Array(results.joined())
  }
}
