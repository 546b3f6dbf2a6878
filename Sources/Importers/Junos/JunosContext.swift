import ImportKit

/// What is gathered while a policy is built.
struct JunosContext {
  var objects = ObjectTable()
  var notes: [Note] = []
  private var noted: Set<String> = []

  mutating func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition?) {
    guard noted.insert("\(kind.rawValue) \(text)").inserted else { return }
    notes.append(Note(kind, text, at: position))
  }
}
