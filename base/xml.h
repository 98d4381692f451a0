/*
 * xml.h - XML that FreeSWITCH reads as it was meant.
 *
 * FreeSWITCH runs its configuration preprocessor over an answer before it parses it, line by line (switch_xml.c):
 * a line with "x-pre-process" in it, in any case, is lost or executed; so is one with "<!--#"; a line with "<?",
 * "<include>" or "</include>" is lost; "$${name}" is expanded. So there is one element a line, and in a value
 *
 *     & < > "            are the entities &amp; &lt; &gt; &quot;
 *     tab, LF, CR        are &#9; &#10; &#13;: no value can begin a line
 *     x before "-"       is &#120; (X: &#88;): "x-pre-process" never appears
 *     $ before "$"       is &#36;: "$${" never appears, and "${", which the dial-string needs, stays
 *
 * Characters that XML 1.0 cannot carry (section 2.2) and bytes that are not UTF-8 are dropped.
 */
#ifndef CALLBOARD_XML_H
#define CALLBOARD_XML_H

#include "base/buffer.h"

/*
 * Writing, into a buffer: xml_element, any number of xml_attribute, then either xml_close ("/>") or xml_open (">"),
 * which xml_end of the same element name follows after the children. Element names are the program's own.
 */
void xml_element(struct buffer *out, const char *element);
void xml_open(struct buffer *out);
void xml_close(struct buffer *out);
void xml_end(struct buffer *out, const char *element);

/* NAME="VALUE". NAME must be one that xml_name_is_good likes; VALUE may be anything. */
void xml_attribute(struct buffer *out, struct slice name, struct slice value);

/* True when NAME can stand as an attribute's name: 1 to 128 of 0-9 A-Z a-z _ . -, beginning with a letter or "_",
 * not with "xml", and without "x-pre-process", in any case. */
bool xml_name_is_good(struct slice name);

/* True when XML 1.0 can carry every character of TEXT. */
bool xml_text_is_good(struct slice text);

/* TEXT without what XML 1.0 cannot carry: TEXT itself when it is good, else a copy in ARENA. */
struct slice xml_text_clean(struct arena *arena, struct slice text);

#endif
