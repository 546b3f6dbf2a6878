import Foundation

/// Runs the executable as a user does: a process of its own with arguments, environment and input.
///
/// The executable is the one that `SALLYPORT_PROGRAM` names, else what `swift build` made.
package struct ProgramRunner: Sendable {
  package struct Outcome: Sendable {
    /// The exit status; 128 and the signal where a signal ended the program.
    package let status: Int32
    package let out: String
    package let err: String
    /// Whether it was killed because its time was up.
    package let timedOut: Bool
  }

  /// Why the executable could not be started.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package let path: String

  /// The executable of this checkout, or of the environment; nil where nothing was built.
  package static var standard: ProgramRunner? {
    let named = ProcessInfo.processInfo.environment["SALLYPORT_PROGRAM"]
    let candidates: [String?] = [
      named, Repository.root.appendingPathComponent(".build/debug/sallyport").path,
      Repository.root.appendingPathComponent(".build/release/sallyport").path,
    ]
    return candidates.compactMap { $0 }.first {
      !$0.isEmpty && FileManager.default.isExecutableFile(atPath: $0)
    }.map(ProgramRunner.init)
  }

  package init(path: String) { self.path = path }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - environment: added to a small fixed environment, so that no setting of the tester's own
  ///     shell plays a part.
  ///   - stdin: what the program reads; nothing where nil.
  ///   - timeout: seconds after which it is killed.
  ///   - prelude: shell commands that run before it in the same process, such as `ulimit -f 100`.
  package func run(
    _ arguments: [String], environment: [String: String] = [:], stdin: String? = nil,
    timeout: Double = 120, in folder: String? = nil, prelude: String? = nil
  ) throws -> Outcome {
    let running = try start(
      arguments, environment: environment, stdin: stdin, in: folder, prelude: prelude)
    return running.finish(timeout: timeout)
  }

  /// Starts the program and goes on, so that it can be watched or killed.
  package func start(
    _ arguments: [String], environment: [String: String] = [:], stdin: String? = nil,
    in folder: String? = nil, prelude: String? = nil
  ) throws -> Running {
    let scratch = try TemporaryFolder()
    let process = Process()
    if let prelude {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", prelude + "; exec \"$0\" \"$@\"", path] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder.map { URL(fileURLWithPath: $0) } ?? scratch.url
    let inherited = ProcessInfo.processInfo.environment
    var complete = ["LC_ALL": "C.UTF-8", "NO_COLOR": "1", "SWIFT_BACKTRACE": "enable=no"]
    for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] { complete[name] = inherited[name] }
    process.environment = complete.merging(environment) { _, given in given }
    // Files and not pipes: a program that writes much can never wait for a reader.
    for name in ["out", "err"] { try scratch.write(name, "") }
    process.standardInput = try FileHandle(
      forReadingFrom: URL(fileURLWithPath: try scratch.write("in", stdin ?? "")))
    process.standardOutput = FileHandle(forWritingAtPath: scratch.path("out"))
    process.standardError = FileHandle(forWritingAtPath: scratch.path("err"))
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    do {
      try process.run()
    } catch {
      throw Failure(description: "\(path) cannot be started: \(error)")
    }
    return Running(process: process, scratch: scratch, ended: ended)
  }

  /// A program that was started.
  package final class Running {
    private let process: Process
    private let scratch: TemporaryFolder
    private let ended: DispatchSemaphore

    fileprivate init(process: Process, scratch: TemporaryFolder, ended: DispatchSemaphore) {
      self.process = process
      self.scratch = scratch
      self.ended = ended
    }

    package var isRunning: Bool { process.isRunning }

    /// Ends it at once, as a power cut would (SIGKILL).
    package func kill() {
      guard process.isRunning else { return }
      _ = Foundation.kill(process.processIdentifier, SIGKILL)
    }

    package func interrupt() { process.terminate() }

    /// Waits for its end, and kills it where that takes too long.
    package func finish(timeout: Double = 120) -> Outcome {
      var timedOut = false
      if ended.wait(timeout: .now() + timeout) == .timedOut {
        timedOut = true
        kill()
        ended.wait()
      }
      process.waitUntilExit()
      let signal = process.terminationReason == .uncaughtSignal
      return Outcome(
        status: signal ? 128 + process.terminationStatus : process.terminationStatus,
        out: text("out"), err: text("err"), timedOut: timedOut)
    }

    private func text(_ name: String) -> String {
      let data = FileManager.default.contents(atPath: scratch.path(name)) ?? Data()
      return String(decoding: data, as: UTF8.self)
    }
  }
}
