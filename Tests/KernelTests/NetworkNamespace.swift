import Foundation

/// Runs a program and returns what it prints.
struct Command {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  @discardableResult
  static func run(_ words: [String], input: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let output = Pipe()
    let errors = Pipe()
    let source = Pipe()
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = source
    try process.run()
    source.fileHandleForWriting.write(Data((input ?? "").utf8))
    try source.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let shown = String(decoding: complaint, as: UTF8.self).prefix(500)
      throw Failure(description: "\(words.prefix(8).joined(separator: " ")): \(shown)")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether a program can be found.
  static func exists(_ name: String) -> Bool {
    (try? run(["sh", "-c", "command -v \(name)"])) != nil
  }
}

/// A network namespace of the kernel, by its name under `/var/run/netns`.
struct NetworkNamespace {
  let name: String

  /// Runs a program inside.
  @discardableResult
  func run(_ words: [String], input: String? = nil) throws -> String {
    try Command.run(["ip", "netns", "exec", name] + words, input: input)
  }

  /// Runs code whose sockets are made inside. Only the calling thread moves, and it comes back.
  func inside<Value>(_ body: () throws -> Value) throws -> Value {
    let home = open("/proc/thread-self/ns/net", O_RDONLY)
    let target = open("/var/run/netns/\(name)", O_RDONLY)
    defer {
      close(home)
      close(target)
    }
    guard home >= 0, target >= 0, Self.enter(target) else {
      throw Command.Failure(description: "cannot enter namespace \(name)")
    }
    defer { _ = Self.enter(home) }
    return try body()
  }

  /// `setns(2)`, which the Swift headers of the C library leave out.
  private static func enter(_ descriptor: Int32) -> Bool {
    typealias Function = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "setns") else { return false }
    return unsafeBitCast(symbol, to: Function.self)(descriptor, 0) == 0
  }
}
