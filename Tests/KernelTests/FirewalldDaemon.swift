import Foundation

/// firewalld in a namespace of its own, with a message bus and a folder of configuration of its own,
/// which takes new files up again and again.
final class FirewalldDaemon {
  /// Stands for `/etc/firewalld`.
  let folder: URL
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()

  init(in namespace: NetworkNamespace, folder: URL) throws {
    self.folder = folder
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "ip", "netns", "exec", namespace.name, "unshare", "-m", "sh", "-c", Self.script(folder.path),
    ]
    process.standardInput = commands
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    try process.run()
    try expect("ready")
  }

  deinit {
    try? commands.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Takes up the files of the folder, and forgets every connection.
  func reload() throws {
    commands.fileHandleForWriting.write(Data("reload\n".utf8))
    try expect("done")
  }

  private func expect(_ word: String) throws {
    var line: [UInt8] = []
    while let byte = answers.fileHandleForReading.readData(ofLength: 1).first {
      if byte == 0x0A { break }
      line.append(byte)
    }
    guard String(decoding: line, as: UTF8.self) == word else {
      throw Command.Failure(
        description: "firewalld says `\(String(decoding: line, as: UTF8.self))`")
    }
  }

  private static func script(_ folder: String) -> String {
    """
    mount -t tmpfs tmpfs /run
    mkdir -p /run/dbus
    mount --bind \(folder) /etc/firewalld
    dbus-daemon --system --fork >/dev/null 2>&1
    firewalld --nofork --nopid >/dev/null 2>&1 &
    daemon=$!
    tries=0
    until firewall-cmd --state >/dev/null 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 60 ] || break
      sleep 0.5
    done
    echo ready
    while read -r line; do
      if firewall-cmd --complete-reload >/dev/null 2>&1; then echo done; else echo failed; fi
    done
    kill $daemon
    wait $daemon
    kill $(cat /run/dbus/pid)

    """
  }
}
