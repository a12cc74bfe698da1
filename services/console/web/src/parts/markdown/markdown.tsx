import { Anchor, Table, Title, type TitleOrder } from '@mantine/core'
import { Children, isValidElement, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { Code } from './code.tsx'
import classes from './markdown.module.css'

/**
 * What a model wrote, drawn as it meant it. Nothing of it is trusted: HTML stays text, pictures are named and not fetched, and
 * links know nothing of this page.
 */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  )
}

/** Below the page's own headings. */
function Heading({ node, children }: { node?: { tagName: string } | undefined; children?: ReactNode }) {
  const level = Number(node?.tagName.slice(1) ?? 1)
  return (
    <Title order={Math.min(6, level + 2) as TitleOrder} size="h5">
      {children}
    </Title>
  )
}

function Picture({ alt, src }: { alt?: string | undefined; src?: unknown }) {
  const { t } = useTranslation()
  return <em>{t('conversations:reader.file', { file: alt || (typeof src === 'string' ? src : '') })}</em>
}

/** The text of a code block: its one child is the `code` element. */
function codeText(children: ReactNode): string {
  return Children.toArray(children)
    .flatMap(child => (isValidElement<{ children?: ReactNode }>(child) ? child.props.children : child))
    .join('')
    .replace(/\n$/, '')
}

const COMPONENTS: Components = {
  h1: Heading,
  h2: Heading,
  h3: Heading,
  h4: Heading,
  h5: Heading,
  h6: Heading,
  img: ({ alt, src }) => <Picture alt={alt} src={src} />,
  a: ({ href, children }) => (
    <Anchor href={href} target="_blank" rel="noopener noreferrer nofollow" inherit underline="always">
      {children}
    </Anchor>
  ),
  pre: ({ children }) => <Code text={codeText(children)} />,
  table: ({ children }) => (
    <Table.ScrollContainer minWidth={0}>
      <Table withTableBorder withColumnBorders>
        {children}
      </Table>
    </Table.ScrollContainer>
  ),
  thead: ({ children }) => <Table.Thead>{children}</Table.Thead>,
  tbody: ({ children }) => <Table.Tbody>{children}</Table.Tbody>,
  tr: ({ children }) => <Table.Tr>{children}</Table.Tr>,
  th: ({ children }) => <Table.Th>{children}</Table.Th>,
  td: ({ children }) => <Table.Td>{children}</Table.Td>,
}
