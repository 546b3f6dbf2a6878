import JSONTree

/// The answers to a reading's questions (`sallyport.answers/1`): what `catalogue read
/// --write-answers` writes with the proposals filled in, and a person changes.
package enum AnswersJSON {
  package static let schema = "sallyport.answers/1"

  /// The questions with their proposals as answers.
  package static func write(_ reading: PageReading) -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", schema)
      writer.member("by", "")
      writer.member("on", "")
      writer.member("answers", each: reading.questions) { writer, question in
        writer.object { writer in
          writer.member("kind", question.kind.rawValue)
          writer.member("token", question.token)
          writer.member("asks", question.asks)
          writer.member("answer", question.proposal)
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  package static func read(_ bytes: [UInt8], file: String) throws(CatalogueError) -> ReadingAnswers
  {
    let root = try CatalogueJSON.root(bytes, file: file)
    let strict = StrictObject(file: file)
    try strict.check(root, members: ["schema", "by", "on", "answers"])
    guard try strict.text(root, "schema") == schema else {
      throw strict.refuse(root, "`schema` is not `\(schema)`")
    }
    var result = ReadingAnswers()
    result.by = try strict.text(root, "by")
    result.on = try strict.text(root, "on")
    guard CatalogueDay.isValid(result.on) else {
      throw strict.refuse(root["on"] ?? root, "`on` is not a date such as 2026-01-31")
    }
    guard let answers = root["answers"], answers.isArray else {
      throw strict.refuse(root, "`answers` is missing or not a list")
    }
    for value in answers.elements {
      try strict.check(value, members: ["kind", "token", "asks", "answer"])
      let kind = try strict.text(value, "kind")
      guard let known = PageReading.Question.Kind(rawValue: kind) else {
        throw strict.refuse(value["kind"] ?? value, "`\(kind)` is no kind of question")
      }
      guard let token = value["token"]?.string else {
        throw strict.refuse(value, "`token` is missing or not a text")
      }
      result.answers.append(
        ReadingAnswers.Answer(
          kind: known, token: token, answer: try strict.text(value, "answer")))
    }
    return result
  }
}
